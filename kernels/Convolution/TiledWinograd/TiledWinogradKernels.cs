using ILGPU;
using IlgpuCxr.Kernels.Device;
using Transform = IlgpuCxr.Kernels.Convolution.Winograd4Transform<float, IlgpuCxr.Kernels.Device.FloatMath>;
using Values = IlgpuCxr.Kernels.Convolution.Winograd4Values<float>;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The GPU kernels of <c>F(4x4, 3x3)</c> around the product that <see cref="TiledGemm"/> computes: a thread transforms a
/// Winograd tile of one channel, in registers.
/// </summary>
/// <remarks>
/// Neighbouring threads have neighbouring channels, so that a warp of 32 channels reads and writes whole lines. A
/// thread's reads, up to 36, do not wait for each other, which keeps memory busy without 16-byte access. Each transforms
/// the columns of its tile, then the rows of what came of them.
/// </remarks>
internal static class TiledWinogradKernels
{
    /// <summary><c>Bᵀ d B</c> of a tile of 6x6 pixels.</summary>
    /// <param name="index">The tile and the channel, the latter the faster.</param>
    /// <param name="transformed">The transformed tiles, as <paramref name="tiles"/> says.</param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="tiles">The tiles of the input; those past the last image are zeros.</param>
    public static void Input(
        Index1D index, ArrayView<float> transformed, ArrayView<float> input, TiledWinogradTiles tiles)
    {
        int tile = tiles.Tile(index, out int channel);
        var d = new WinogradTilePixels(input, tiles, tile, channel);
        Values c0 = Column(d, 0), c1 = Column(d, 1), c2 = Column(d, 2), c3 = Column(d, 3), c4 = Column(d, 4);
        Values c5 = Column(d, 5);
        int offset = tiles.Transformed(tile, channel), step = tiles.ElementStep;
        Store(transformed, offset, 0, step, Transform.Input(c0.Zero, c1.Zero, c2.Zero, c3.Zero, c4.Zero, c5.Zero));
        Store(transformed, offset, 1, step, Transform.Input(c0.A, c1.A, c2.A, c3.A, c4.A, c5.A));
        Store(
            transformed, offset, 2, step,
            Transform.Input(c0.MinusA, c1.MinusA, c2.MinusA, c3.MinusA, c4.MinusA, c5.MinusA));
        Store(transformed, offset, 3, step, Transform.Input(c0.B, c1.B, c2.B, c3.B, c4.B, c5.B));
        Store(
            transformed, offset, 4, step,
            Transform.Input(c0.MinusB, c1.MinusB, c2.MinusB, c3.MinusB, c4.MinusB, c5.MinusB));
        Store(
            transformed, offset, 5, step,
            Transform.Input(c0.Infinity, c1.Infinity, c2.Infinity, c3.Infinity, c4.Infinity, c5.Infinity));
    }

    /// <summary><c>A dy Aᵀ</c> of a tile of 4x4 pixels of the output's gradient.</summary>
    /// <param name="index">The tile and the channel, the latter the faster.</param>
    /// <param name="transformed">The transformed tiles, as <paramref name="tiles"/> says.</param>
    /// <param name="gradOutput"><c>[N, P, Q, K]</c></param>
    /// <param name="tiles">The tiles of the gradient; those past the last image are zeros.</param>
    public static void GradOutput(
        Index1D index, ArrayView<float> transformed, ArrayView<float> gradOutput, TiledWinogradTiles tiles)
    {
        int tile = tiles.Tile(index, out int channel);
        var y = new WinogradTilePixels(gradOutput, tiles, tile, channel);
        Values c0 = Transform.GradOutput(y[0, 0], y[1, 0], y[2, 0], y[3, 0]);
        Values c1 = Transform.GradOutput(y[0, 1], y[1, 1], y[2, 1], y[3, 1]);
        Values c2 = Transform.GradOutput(y[0, 2], y[1, 2], y[2, 2], y[3, 2]);
        Values c3 = Transform.GradOutput(y[0, 3], y[1, 3], y[2, 3], y[3, 3]);
        int offset = tiles.Transformed(tile, channel), step = tiles.ElementStep;
        Store(transformed, offset, 0, step, Transform.GradOutput(c0.Zero, c1.Zero, c2.Zero, c3.Zero));
        Store(transformed, offset, 1, step, Transform.GradOutput(c0.A, c1.A, c2.A, c3.A));
        Store(transformed, offset, 2, step, Transform.GradOutput(c0.MinusA, c1.MinusA, c2.MinusA, c3.MinusA));
        Store(transformed, offset, 3, step, Transform.GradOutput(c0.B, c1.B, c2.B, c3.B));
        Store(transformed, offset, 4, step, Transform.GradOutput(c0.MinusB, c1.MinusB, c2.MinusB, c3.MinusB));
        Store(transformed, offset, 5, step, Transform.GradOutput(c0.Infinity, c1.Infinity, c2.Infinity, c3.Infinity));
    }

    /// <summary><c>G g Gᵀ</c> of one filter's taps of one input channel.</summary>
    /// <param name="index">The output channel k and the input channel c, the latter the faster.</param>
    /// <param name="transformed">Element i lies at <c>k · filterStep + i · elementStep + c</c>.</param>
    /// <param name="weights"><c>[K, 3, 3, C]</c></param>
    /// <param name="byChannels">Divides by C.</param>
    /// <param name="filterStep">Floats from an output channel to the next.</param>
    /// <param name="elementStep">Floats from an element to the next.</param>
    /// <param name="turn">0; or 8 for the filter turned by half a turn.</param>
    public static void Weights(
        Index1D index, ArrayView<float> transformed, ArrayView<float> weights, FastDivisor byChannels, int filterStep,
        int elementStep, int turn)
    {
        int k = byChannels.Divide(index, out int c), step = byChannels.Divisor;
        int first = k * 9 * step + c + turn * step;
        // Backwards over a filter that is turned.
        step = turn == 0 ? step : -step;
        Values c0 = Transform.Weights(weights[first], weights[first + 3 * step], weights[first + 6 * step]);
        Values c1 = Transform.Weights(weights[first + step], weights[first + 4 * step], weights[first + 7 * step]);
        Values c2 = Transform.Weights(weights[first + 2 * step], weights[first + 5 * step], weights[first + 8 * step]);
        int offset = k * filterStep + c;
        Store(transformed, offset, 0, elementStep, Transform.Weights(c0.Zero, c1.Zero, c2.Zero));
        Store(transformed, offset, 1, elementStep, Transform.Weights(c0.A, c1.A, c2.A));
        Store(transformed, offset, 2, elementStep, Transform.Weights(c0.MinusA, c1.MinusA, c2.MinusA));
        Store(transformed, offset, 3, elementStep, Transform.Weights(c0.B, c1.B, c2.B));
        Store(transformed, offset, 4, elementStep, Transform.Weights(c0.MinusB, c1.MinusB, c2.MinusB));
        Store(transformed, offset, 5, elementStep, Transform.Weights(c0.Infinity, c1.Infinity, c2.Infinity));
    }

    /// <summary><c>Aᵀ x A</c>: 4x4 results of a tile from its 36 products.</summary>
    /// <param name="index">The tile and the channel, the latter the faster.</param>
    /// <param name="result">Where results go: a row is a pixel, a column a channel.</param>
    /// <param name="products"><c>[element, tile, channel]</c></param>
    /// <param name="tiles">The tiles of the result, each of which an image has.</param>
    public static void Output<TResult>(
        Index1D index, TResult result, ArrayView<float> products, TiledWinogradTiles tiles)
        where TResult : struct, ITiledResult
    {
        int tile = tiles.Tile(index, out int channel);
        int offset = tiles.Transformed(tile, channel), step = tiles.ElementStep;
        var (a0, b0, c0, d0) = Transform.Output(Load(products, offset, step));
        var (a1, b1, c1, d1) = Transform.Output(Load(products, offset + step, step));
        var (a2, b2, c2, d2) = Transform.Output(Load(products, offset + 2 * step, step));
        var (a3, b3, c3, d3) = Transform.Output(Load(products, offset + 3 * step, step));
        var (a4, b4, c4, d4) = Transform.Output(Load(products, offset + 4 * step, step));
        var (a5, b5, c5, d5) = Transform.Output(Load(products, offset + 5 * step, step));
        new WinogradTileWriter<TResult>(result, tiles, tile, channel).Write(
            Row(a0, a1, a2, a3, a4, a5), Row(b0, b1, b2, b3, b4, b5), Row(c0, c1, c2, c3, c4, c5),
            Row(d0, d1, d2, d3, d4, d5));
    }

    /// <summary>One element of a product: its slices' shares, from first to last, into the first one's place.</summary>
    /// <remarks>
    /// In a launch of its own, since with few channels <see cref="GradWeights"/> has too few threads to read them all.
    /// </remarks>
    /// <param name="index">The element and its place in the product.</param>
    /// <param name="products"><c>[element, slice, K, C]</c></param>
    /// <param name="byCount">Divides by K · C.</param>
    /// <param name="slices">Slices of an element.</param>
    public static void SumSlices(Index1D index, ArrayView<float> products, FastDivisor byCount, int slices)
    {
        int element = byCount.Divide(index, out int place), count = byCount.Divisor;
        int first = element * slices * count + place;
        float sum = 0;
        for (int slice = 0; slice < slices; slice++)
            sum += products[first + slice * count];
        products[first] = sum;
    }

    /// <summary>
    /// <c>Gᵀ x G</c>: the gradient of one filter's taps of one input channel from its 36 products.
    /// </summary>
    /// <param name="index">The output channel and the input channel, the latter the faster.</param>
    /// <param name="gradWeights"><c>[K, 3, 3, C]</c></param>
    /// <param name="products"><c>[element, slice, K, C]</c>, of which the first slice has the sum.</param>
    /// <param name="byChannels">Divides by C.</param>
    /// <param name="elementStep">Floats from an element to the next.</param>
    /// <param name="accumulate">0; or 1 to add to what is there.</param>
    public static void GradWeights(
        Index1D index, ArrayView<float> gradWeights, ArrayView<float> products, FastDivisor byChannels, int elementStep,
        int accumulate)
    {
        Values c0 = Load(products, index, elementStep), c1 = Load(products, index + elementStep, elementStep);
        Values c2 = Load(products, index + 2 * elementStep, elementStep);
        Values c3 = Load(products, index + 3 * elementStep, elementStep);
        Values c4 = Load(products, index + 4 * elementStep, elementStep);
        Values c5 = Load(products, index + 5 * elementStep, elementStep);
        var (a0, b0, d0) = Transform.GradWeights(c0);
        var (a1, b1, d1) = Transform.GradWeights(c1);
        var (a2, b2, d2) = Transform.GradWeights(c2);
        var (a3, b3, d3) = Transform.GradWeights(c3);
        var (a4, b4, d4) = Transform.GradWeights(c4);
        var (a5, b5, d5) = Transform.GradWeights(c5);
        int k = byChannels.Divide(index, out int c), channels = byChannels.Divisor;
        int first = k * 9 * channels + c;
        Add(gradWeights, first, channels, Transform.GradWeights(new Values(a0, a1, a2, a3, a4, a5)), accumulate);
        Add(
            gradWeights, first + 3 * channels, channels, Transform.GradWeights(new Values(b0, b1, b2, b3, b4, b5)),
            accumulate);
        Add(
            gradWeights, first + 6 * channels, channels, Transform.GradWeights(new Values(d0, d1, d2, d3, d4, d5)),
            accumulate);
    }

    private static Values Column(WinogradTilePixels d, int j) =>
        Transform.Input(d[0, j], d[1, j], d[2, j], d[3, j], d[4, j], d[5, j]);

    private static Float4 Row(float x0, float x1, float x2, float x3, float x4, float x5)
    {
        Float4 row;
        (row.X, row.Y, row.Z, row.W) = Transform.Output(new Values(x0, x1, x2, x3, x4, x5));
        return row;
    }

    /// <summary>Column <c>j</c> of a tile of elements whose element <c>(0, j)</c> lies at an offset.</summary>
    private static Values Load(ArrayView<float> elements, int offset, int step) =>
        new(
            elements[offset], elements[offset + 6 * step], elements[offset + 12 * step], elements[offset + 18 * step],
            elements[offset + 24 * step], elements[offset + 30 * step]);

    /// <summary>A row of a tile of elements whose element <c>(0, 0)</c> lies at an offset.</summary>
    private static void Store(ArrayView<float> elements, int offset, int row, int step, Values values)
    {
        offset += row * 6 * step;
        elements[offset] = values.Zero;
        elements[offset + step] = values.A;
        elements[offset + 2 * step] = values.MinusA;
        elements[offset + 3 * step] = values.B;
        elements[offset + 4 * step] = values.MinusB;
        elements[offset + 5 * step] = values.Infinity;
    }

    private static void Add(
        ArrayView<float> gradWeights, int offset, int step, (float G0, float G1, float G2) taps, int accumulate)
    {
        if (accumulate != 0)
        {
            taps.G0 += gradWeights[offset];
            taps.G1 += gradWeights[offset + step];
            taps.G2 += gradWeights[offset + 2 * step];
        }
        gradWeights[offset] = taps.G0;
        gradWeights[offset + step] = taps.G1;
        gradWeights[offset + 2 * step] = taps.G2;
    }
}
