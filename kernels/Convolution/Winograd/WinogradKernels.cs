using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The CPU kernels of the Winograd convolution's forward and backward-data passes: the weights' transform, and from
/// the Winograd tiles of the input to those of the output.
/// </summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <typeparam name="TWinograd">The transforms.</typeparam>
/// <remarks>
/// A transformed tile is cut into its elements: plane <c>i</c> holds element <c>i</c> of all tiles, a matrix
/// <c>[tile, channel]</c>, and the transformed weights are
/// <c>[block of output channels, element, input channel, columns]</c>.
/// </remarks>
[SkipLocalsInit]
internal static unsafe class WinogradKernels<TVector, TMath, TWinograd>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
    where TWinograd : struct, IWinograd<TVector, TMath>
{
    /// <summary>Input channels that an index of <see cref="Weights"/> transforms.</summary>
    /// <remarks>
    /// With a block of 32 output channels that is 512 filters, enough to start an index for; a layer of 512 channels
    /// still has 512 indices to share out.
    /// </remarks>
    public const int ChannelsPerIndex = 16;

    private static int Rows => RegisterTile<TVector, TMath>.Rows;

    private static int Columns => RegisterTile<TVector, TMath>.Columns;

    /// <summary>Elements in a row of a transformed tile.</summary>
    private static int Points => TWinograd.Outputs + 2;

    /// <summary>Transforms the weights of some input channels and a block of output channels.</summary>
    public static void Weights(
        Index1D index, ArrayView<float> transformed, ArrayView<float> weights, WinogradWeights layout)
    {
        int chunks = Ceiling.Divide(layout.InChannels, ChannelsPerIndex), block = index / chunks;
        nint blockPitch = (nint)Points * Points * layout.ElementPitch(Columns);
        int first = index % chunks * ChannelsPerIndex;
        int inChannels = Math.Min(ChannelsPerIndex, layout.InChannels - first);
        TransformWeights(
            transformed.Pointer() + block * blockPitch + first * Columns, weights.Pointer(), first, inChannels, block,
            layout);
    }

    /// <summary>
    /// Takes tasks of the forward pass until there are none left: <c>output = act(input ⋆ weights + bias)</c>.
    /// </summary>
    public static void Forward(
        Index1D thread, ArrayView<float> output, ArrayView<float> input, ArrayView<float> weights, Epilogue epilogue,
        ArrayView<float> memory, ConvolutionShape shape, WinogradWeights layout, WinogradGrid grid)
    {
        var scratch = WinogradScratch.Of(layout, grid, TWinograd.Outputs, Columns);
        var writer = new EpilogueWriter<TVector, TMath>(output, epilogue);
        nint blockPitch = (nint)scratch.Elements * layout.ElementPitch(Columns);
        float* transformed = scratch.Of(memory, thread);
        float* products = transformed + scratch.Elements * scratch.InputPlane;
        float* ownWeights = products + scratch.Elements * scratch.ProductPlane;
        float* zeros = stackalloc float[shape.C + TMath.Count];
        new Span<float>(zeros, shape.C + TMath.Count).Clear();
        for (int task = TaskCounter.Next(memory); task < grid.Tasks; task = TaskCounter.Next(memory))
        {
            (int firstTile, int tiles, int firstBlock, int blocks) = grid.Task(task);
            for (int i = 0; i < tiles; i++)
                TransformInput(
                    transformed + i * scratch.InputPitch, scratch.InputPlane, Columns, input.Pointer(), zeros,
                    firstTile + i, shape, grid);
            for (int block = firstBlock; block < firstBlock + blocks; block += grid.BlocksPerPass)
            {
                int count = Math.Min(grid.BlocksPerPass, firstBlock + blocks - block);
                for (int channel = 0; channel < shape.C; channel += grid.InChannelsPerPass)
                {
                    int inChannels = Math.Min(grid.InChannelsPerPass, shape.C - channel);
                    float* panels = weights.Pointer() + block * blockPitch;
                    if (grid.TaskTransformsWeights)
                    {
                        for (int i = 0; i < count; i++)
                            TransformWeights(
                                ownWeights + i * blockPitch, weights.Pointer(), channel, inChannels, block + i, layout);
                        panels = ownWeights;
                    }
                    Multiply(
                        products, transformed + channel, panels, tiles, count, inChannels, channel > 0, layout,
                        scratch);
                }
                for (int i = 0; i < tiles; i++)
                    TransformOutput(
                        output.Pointer(), products + (i / Rows * count * Rows + i % Rows) * Columns, writer,
                        firstTile + i, block, count, shape, grid, scratch.ProductPlane);
            }
        }
    }

    /// <summary>
    /// Transforms the weights of some input channels into <c>[element, input channel, columns]</c> of a block.
    /// </summary>
    private static void TransformWeights(
        float* transformed, float* weights, int firstInChannel, int inChannels, int block, in WinogradWeights layout)
    {
        int outChannels = Math.Min(Columns, layout.OutChannels - block * Columns);
        float* taps = stackalloc float[ChannelsPerIndex * 9 * Columns];
        float* half = stackalloc float[WinogradScratch.TransformFloats];
        if (outChannels < Columns)
            new Span<float>(taps, ChannelsPerIndex * 9 * Columns).Clear();
        nint pitch = layout.ElementPitch(Columns);
        for (int c = 0; c < inChannels; c++, transformed += Columns)
        {
            int among = c % ChannelsPerIndex;
            if (among == 0)
                layout.Gather(
                    taps, weights, firstInChannel + c, Math.Min(ChannelsPerIndex, inChannels - c), block * Columns,
                    outChannels, Columns);
            for (int lane = 0; lane < Columns; lane += TMath.Count)
            {
                float* source = taps + among * 9 * Columns + lane;
                for (int s = 0; s < 3; s++)
                    TWinograd.Weights(
                        half + s * TMath.Count, 3 * TMath.Count,
                        new Strided<TVector, TMath>(source + s * Columns, 3 * Columns));
                for (int i = 0; i < Points; i++)
                    TWinograd.Weights(
                        transformed + i * Points * pitch + lane, pitch,
                        new Strided<TVector, TMath>(half + i * 3 * TMath.Count, TMath.Count));
            }
        }
    }

    /// <summary>Transforms the input pixels under one tile, all channels.</summary>
    /// <param name="transformed">Element 0 of the tile.</param>
    /// <param name="plane">Floats from one element to the next.</param>
    /// <param name="panelPitch">
    /// Floats from one panel of <see cref="RegisterTile{TVector, TMath}.Columns"/> channels to the next.
    /// </param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="zeros">At least C zeros.</param>
    /// <param name="tile">The tile's number in the batch.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="grid">The tiles.</param>
    public static void TransformInput(
        float* transformed, int plane, int panelPitch, float* input, float* zeros, int tile, in ConvolutionShape shape,
        in WinogradGrid grid)
    {
        (int n, int row, int column) = grid.Tile(tile);
        float** pixels = stackalloc float*[36];
        for (int i = 0; i < Points; i++)
        {
            int h = row * TWinograd.Outputs - shape.Padding + i;
            for (int j = 0; j < Points; j++)
            {
                int w = column * TWinograd.Outputs - shape.Padding + j;
                bool inside = (uint)h < (uint)shape.H && (uint)w < (uint)shape.W;
                pixels[i * Points + j] = inside ? input + (((long)n * shape.H + h) * shape.W + w) * shape.C : zeros;
            }
        }

        float* half = stackalloc float[WinogradScratch.TransformFloats];
        for (int panel = 0; panel < shape.C; panel += Columns, transformed += panelPitch)
        {
            int end = Math.Min(panel + Columns, shape.C);
            // The next tile's pixels that are not this one's too.
            for (int j = 2; j < Points; j++)
                PrefetchNext(pixels + j, Points, Points, TWinograd.Outputs * shape.C, panel, end);
            for (int c = panel; c < end; c += TMath.Count)
            {
                for (int j = 0; j < Points; j++)
                    TWinograd.Input(
                        half + j * TMath.Count, Points * TMath.Count,
                        new Indirect<TVector, TMath>(pixels + j, Points, c));
                for (int i = 0; i < Points; i++)
                    TWinograd.Input(
                        transformed + (long)i * Points * plane + c - panel, plane,
                        new Strided<TVector, TMath>(half + i * Points * TMath.Count, TMath.Count));
            }
        }
    }

    /// <summary>Asks for some channels of pixels that lie next to others in their rows.</summary>
    /// <param name="pixels">The others, <paramref name="count"/> of them.</param>
    /// <param name="step">Pointers from one to the next.</param>
    /// <param name="count">Number of pixels.</param>
    /// <param name="distance">Floats from each to the pixel that is asked for.</param>
    /// <param name="firstChannel">The first channel.</param>
    /// <param name="endChannel">The channel behind the last.</param>
    public static void PrefetchNext(
        float** pixels, int step, int count, nint distance, int firstChannel, int endChannel)
    {
        for (int channel = firstChannel; channel < endChannel; channel += CpuMemory.LineFloats)
        {
            for (int i = 0; i < count; i++)
                CpuMemory.Prefetch(pixels[i * step] + distance + channel);
        }
    }

    /// <summary>
    /// For each element the product of transformed tiles and weights: <c>[tiles / rows, blocks, rows, columns]</c>.
    /// </summary>
    private static void Multiply(
        float* products, float* transformed, float* panels, int tiles, int blocks, int inChannels, bool accumulate,
        in WinogradWeights layout, in WinogradScratch scratch)
    {
        int registerTiles = Ceiling.Divide(tiles, Rows);
        nint pitch = layout.ElementPitch(Columns);
        float** rows = stackalloc float*[registerTiles * Rows];
        for (int element = 0; element < scratch.Elements; element++)
        {
            for (int i = 0; i < registerTiles * Rows; i++)
                rows[i] = transformed + (long)element * scratch.InputPlane + i * scratch.InputPitch;
            for (int block = 0; block < blocks; block++)
            {
                float* panel = panels + (block * scratch.Elements + element) * pitch;
                for (int i = 0; i < registerTiles; i++)
                {
                    float* registerTile =
                        products + (long)element * scratch.ProductPlane + (i * blocks + block) * Rows * Columns;
                    RegisterTile<TVector, TMath>.Multiply(
                        registerTile, rows + i * Rows, &panel, 1, inChannels, 1, Columns, accumulate);
                }
            }
        }
    }

    /// <summary>Transforms the products of one tile back and writes its outputs, some blocks of channels.</summary>
    private static void TransformOutput(
        float* output, float* products, in EpilogueWriter<TVector, TMath> writer, int tile, int firstBlock, int blocks,
        in ConvolutionShape shape, in WinogradGrid grid, int plane)
    {
        (int n, int row, int column) = grid.Tile(tile);
        int p = row * TWinograd.Outputs, q = column * TWinograd.Outputs;
        int height = Math.Min(TWinograd.Outputs, shape.P - p), width = Math.Min(TWinograd.Outputs, shape.Q - q);
        float* corner = output + (((long)n * shape.P + p) * shape.Q + q) * shape.K;
        float* half = stackalloc float[WinogradScratch.TransformFloats];
        float* result = stackalloc float[WinogradScratch.TransformFloats];
        for (int block = 0; block < blocks; block++, products += Rows * Columns)
        {
            for (int lane = 0; lane < Columns; lane += TMath.Count)
            {
                int channel = (firstBlock + block) * Columns + lane;
                int channels = Math.Min(TMath.Count, shape.K - channel);
                if (channels <= 0)
                    break;
                for (int j = 0; j < Points; j++)
                    TWinograd.Output(
                        half + j * TMath.Count, Points * TMath.Count,
                        new Strided<TVector, TMath>(products + lane + (long)j * plane, (nint)Points * plane));
                for (int i = 0; i < height; i++)
                {
                    TWinograd.Output(
                        result, TMath.Count, new Strided<TVector, TMath>(half + i * Points * TMath.Count, TMath.Count));
                    float* destination = corner + (long)i * shape.Q * shape.K + channel;
                    for (int j = 0; j < width; j++, destination += shape.K)
                        writer.Write(destination, result + j * TMath.Count, channel, channels);
                }
            }
        }
    }
}
