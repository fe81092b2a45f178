using IlgpuCxr.Kernels.Convolution;

namespace IlgpuCxr.GradientChecks;

/// <summary>How far F(4x4, 3x3) in single precision can be from the exact result, element by element.</summary>
/// <remarks>
/// A computed sum of products differs from the exact one by at most <c>γ Σ |terms|</c>, <c>γ = n u / (1 - n u)</c>,
/// where u is the unit roundoff and n the number of roundings that a term goes through (Higham 2002, section 3.1; for
/// Winograd's algorithm Barabasz et al. 2020, arXiv:1803.10986). <c>Σ |terms|</c> is the same algorithm with the
/// absolute values of all matrices and data:
/// <code>
/// |Ŷ - Y| ≤ γ |Aᵀ| [(|G| |g| |Gᵀ|) ⊙ (|Bᵀ| |d| |B|)] |A|      summed over channels
/// </code>
/// </remarks>
internal static class WinogradBound
{
    private const int Outputs = 4, Points = 6, Taps = 3;

    // A one-dimensional transform rounds a term at most 5 times, its coefficient included; there are two for each of
    // the three matrices. A multiply-add that is not fused rounds twice.
    private const int RoundingsOfTransforms = 2 * 3 * 5 * 2;

    private static readonly double[,] B = new double[,]
    {
        { P * Q, 0, P + Q, 0, 1, 0 },
        { 0, A * Q, Q, A, 1, 0 },
        { 0, A * Q, Q, A, 1, 0 },
        { 0, D * P, P, D, 1, 0 },
        { 0, D * P, P, D, 1, 0 },
        { 0, P * Q, 0, P + Q, 0, 1 },
    };

    private static readonly double[,] G = new double[,]
    {
        { 1 / (P * Q), 0, 0 },
        { 1 / S, A / S, P / S },
        { 1 / S, A / S, P / S },
        { 1 / T, D / T, Q / T },
        { 1 / T, D / T, Q / T },
        { 0, 0, 1 },
    };

    private static readonly double[,] Transposed = new double[,]
    {
        { 1, 1, 1, 1, 1, 0 },
        { 0, A, A, D, D, 0 },
        { 0, P, P, Q, Q, 0 },
        { 0, A * P, A * P, D * Q, D * Q, 1 },
    };

    // The points 0, ±a, ±b: a and b, their squares, and the absolute values of the denominators.
    private const double A = 5.0 / 8, D = 3.0 / 2, P = A * A, Q = D * D, S = 2 * P * (Q - P), T = 2 * Q * (Q - P);

    /// <summary>The bound of the output without a bias.</summary>
    public static double[] Forward(double[] input, double[] weights, ConvolutionShape shape)
    {
        var bound = new double[shape.Output.Count];
        double gamma = Gamma(shape.C);
        double[][][,] filters =
        [
            .. Enumerable.Range(0, shape.K).Select(
                k => Enumerable.Range(0, shape.C).Select(c => Both(G, Filter(weights, k, c, shape))).ToArray()),
        ];
        ForEachTile(shape, (n, row, column) =>
        {
            double[][,] tiles =
            [
                .. Enumerable.Range(0, shape.C).Select(c => Both(
                    B, Tile(input, shape.H, shape.W, shape.C, n, row - shape.Padding, column - shape.Padding, c, Points))),
            ];
            for (int k = 0; k < shape.K; k++)
            {
                var sum = new double[Points, Points];
                for (int c = 0; c < shape.C; c++)
                    AddProduct(sum, tiles[c], filters[k][c]);
                double[,] outputs = Both(Transposed, sum);
                for (int i = 0; i < Outputs && row + i < shape.P; i++)
                    for (int j = 0; j < Outputs && column + j < shape.Q; j++)
                    {
                        int pixel = (n * shape.P + row + i) * shape.Q + column + j;
                        bound[pixel * shape.K + k] = gamma * outputs[i, j] + OperatorCase.Roundoff * 4;
                    }
            }
        });
        return bound;
    }

    /// <summary>The bound of the input's gradient: a forward pass from the gradient with the filter turned.</summary>
    public static double[] BackwardData(double[] gradOutput, double[] weights, ConvolutionShape shape)
    {
        var turned = new double[weights.Length];
        for (int k = 0; k < shape.K; k++)
            for (int tap = 0; tap < 9; tap++)
                for (int c = 0; c < shape.C; c++)
                    turned[(c * 9 + 8 - tap) * shape.K + k] = weights[(k * 9 + tap) * shape.C + c];
        return Forward(
            gradOutput, turned,
            new ConvolutionShape(shape.N, shape.P, shape.Q, shape.K, shape.C, Taps, Taps, 1, 2 - shape.Padding));
    }

    /// <summary>The bound of the weights' gradient.</summary>
    public static double[] BackwardWeights(double[] gradOutput, double[] input, ConvolutionShape shape)
    {
        var sums = new double[shape.K, shape.C][,];
        int tiles = 0;
        ForEachTile(shape, (n, row, column) =>
        {
            tiles++;
            double[][,] inputs =
            [
                .. Enumerable.Range(0, shape.C).Select(c => Both(
                    B, Tile(input, shape.H, shape.W, shape.C, n, row - shape.Padding, column - shape.Padding, c, Points))),
            ];
            for (int k = 0; k < shape.K; k++)
            {
                double[,] gradient = Both(
                    Transpose(Transposed), Tile(gradOutput, shape.P, shape.Q, shape.K, n, row, column, k, Outputs));
                for (int c = 0; c < shape.C; c++)
                    AddProduct(sums[k, c] ??= new double[Points, Points], inputs[c], gradient);
            }
        });
        var bound = new double[shape.Weights.Count];
        for (int k = 0; k < shape.K; k++)
            for (int c = 0; c < shape.C; c++)
            {
                double[,] taps = Both(Transpose(G), sums[k, c]);
                for (int tap = 0; tap < 9; tap++)
                    bound[(k * 9 + tap) * shape.C + c] = Gamma(tiles) * taps[tap / Taps, tap % Taps];
            }
        return bound;
    }

    private static double Gamma(int terms)
    {
        double roundings = (RoundingsOfTransforms + 2.0 * terms) * OperatorCase.Roundoff;
        return roundings / (1 - roundings);
    }

    private static void ForEachTile(ConvolutionShape shape, Action<int, int, int> action)
    {
        for (int n = 0; n < shape.N; n++)
            for (int row = 0; row < shape.P; row += Outputs)
                for (int column = 0; column < shape.Q; column += Outputs)
                    action(n, row, column);
    }

    private static double[,] Tile(
        double[] tensor, int height, int width, int channels, int n, int row, int column, int channel, int edge)
    {
        var tile = new double[edge, edge];
        for (int i = 0; i < edge; i++)
            for (int j = 0; j < edge; j++)
            {
                int h = row + i, w = column + j;
                if (h >= 0 && h < height && w >= 0 && w < width)
                    tile[i, j] = Math.Abs(tensor[((n * height + h) * width + w) * channels + channel]);
            }
        return tile;
    }

    private static double[,] Filter(double[] weights, int k, int c, ConvolutionShape shape)
    {
        var filter = new double[Taps, Taps];
        for (int tap = 0; tap < 9; tap++)
            filter[tap / Taps, tap % Taps] = Math.Abs(weights[(k * 9 + tap) * shape.C + c]);
        return filter;
    }

    private static void AddProduct(double[,] sum, double[,] a, double[,] b)
    {
        for (int i = 0; i < Points; i++)
            for (int j = 0; j < Points; j++)
                sum[i, j] += a[i, j] * b[i, j];
    }

    /// <summary><c>m x mᵀ</c></summary>
    private static double[,] Both(double[,] m, double[,] x) => Product(Product(m, x), Transpose(m));

    private static double[,] Product(double[,] a, double[,] b)
    {
        var product = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < product.GetLength(0); i++)
            for (int j = 0; j < product.GetLength(1); j++)
                for (int l = 0; l < b.GetLength(0); l++)
                    product[i, j] += a[i, l] * b[l, j];
        return product;
    }

    private static double[,] Transpose(double[,] m)
    {
        var transposed = new double[m.GetLength(1), m.GetLength(0)];
        for (int i = 0; i < m.GetLength(0); i++)
            for (int j = 0; j < m.GetLength(1); j++)
                transposed[j, i] = m[i, j];
        return transposed;
    }
}
