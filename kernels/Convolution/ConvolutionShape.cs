using System.Globalization;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The sizes of a two-dimensional convolution, and the index maths that all its kernels share.</summary>
/// <param name="N">Images in the batch.</param>
/// <param name="H">Input rows.</param>
/// <param name="W">Input columns.</param>
/// <param name="C">Input channels.</param>
/// <param name="K">Output channels.</param>
/// <param name="R">Filter rows.</param>
/// <param name="S">Filter columns.</param>
/// <param name="Stride">Step between neighbouring outputs, in input pixels.</param>
/// <param name="Padding">Rows and columns of zeros around the input.</param>
/// <remarks>
/// <code>
/// input   [N, H, W, C]        weights [K, R, S, C]        bias [K]
/// output  [N, P, Q, K]        P = ⌊(H + 2 padding - R) / stride⌋ + 1,  Q likewise from W and S
///
/// output[n, p, q, k] = bias[k] + Σ r,s,c  input[n, p·stride - padding + r, q·stride - padding + s, c] · weights[k, r, s, c]
/// </code>
/// Letters as in cuDNN (Chetlur et al. 2014, arXiv:1410.0759); what is computed is PyTorch's <c>conv2d</c>, a
/// cross-correlation.
/// </remarks>
public readonly record struct ConvolutionShape(int N, int H, int W, int C, int K, int R, int S, int Stride, int Padding)
{
    // Winograd's kernels on a CPU keep a pixel of zeros, C or K floats, on the stack: of this many 64 kB, where a
    // thread may have no more than 1 MB.
    private const int MaxWinogradChannels = 16 * 1024;

    /// <summary>Output rows.</summary>
    public int P => (H + 2 * Padding - R) / Stride + 1;

    /// <summary>Output columns.</summary>
    public int Q => (W + 2 * Padding - S) / Stride + 1;

    /// <summary><c>[N, H, W, C]</c></summary>
    public TensorShape Input => new(N, H, W, C);

    /// <summary><c>[N, P, Q, K]</c></summary>
    public TensorShape Output => new(N, P, Q, K);

    /// <summary><c>[K, R, S, C]</c></summary>
    public TensorShape Weights => new(K, R, S, C);

    /// <summary>
    /// Requires outputs to exist, <see cref="P"/> and <see cref="Q"/> are right only then, and weights that kernels
    /// count.
    /// </summary>
    /// <exception cref="ArgumentException">There are no outputs.</exception>
    /// <exception cref="DeviceException">There are more weights.</exception>
    internal void Require()
    {
        if (Math.Min(R, S) < 1 || Stride < 1 || Padding < 0 || H + 2L * Padding < R || W + 2L * Padding < S)
        {
            throw new ArgumentException(
                $"A filter of {R}x{S} with stride {Stride} and padding {Padding} has no outputs on {H}x{W} pixels; take one no larger than the padded input, a stride of at least 1 and no negative padding.");
        }
        Sizes.RequireCountableWeights(Weights);
    }

    /// <summary>
    /// Whether Winograd's algorithms can compute the shape, all three passes; backward-data is a forward pass with
    /// padding <c>2 - padding</c>.
    /// </summary>
    public bool FitsWinograd =>
        this is { R: 3, S: 3, Stride: 1, Padding: <= 2, C: <= MaxWinogradChannels, K: <= MaxWinogradChannels };

    /// <summary>
    /// Floating-point operations of one pass (forward, backward-data or backward-weights), a multiply-add counted as
    /// two.
    /// </summary>
    public double Flops => 2.0 * Output.Count * R * S * C;

    /// <summary>Bytes that one pass must move at least: two of the three tensors read, one written.</summary>
    /// <param name="input">How the input's elements, or its gradient's, lie in memory.</param>
    /// <param name="output">How the output's do.</param>
    public double Bytes(ElementType input, ElementType output) =>
        (double)input.Size() * Input.Count + (double)output.Size() * Output.Count + sizeof(float) * Weights.Count;

    /// <summary>The shape as <c>n16 56x56x64 -> 56x56x64, 3x3 stride 1 padding 1</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"n{N} {H}x{W}x{C} -> {P}x{Q}x{K}, {R}x{S} stride {Stride} padding {Padding}");
}
