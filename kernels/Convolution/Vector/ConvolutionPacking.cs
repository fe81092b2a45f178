using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The CPU kernels before the register tiles: weights in the order in which these read them, and padding.
/// </summary>
/// <remarks>
/// Packed weights are <c>[blocks, taps, run, columns]</c>: a tile reads them from one end to the other. Behind them
/// stands one run of zeros, which pixels of the padding point to.
/// </remarks>
internal static unsafe class ConvolutionPacking
{
    /// <summary>Floats of packed weights with the run of zeros.</summary>
    public static int Length(int blocks, int taps, int run, int columns) =>
        Sizes.Countable((long)blocks * taps * run * columns + run);

    /// <summary>
    /// Packs a block of output channels of one tap, for forward: <c>packed[block, tap, i, k] = weights[k, tap, i]</c>.
    /// </summary>
    /// <remarks>
    /// Filters of 3x3x512 weights lie 18 kB apart: their lines fall onto two of 64 sets of a first-level cache and push
    /// each other out. So of each filter a whole line is read at once, into 16 rows of columns, 2 kB that stay there.
    /// </remarks>
    public static void Forward(
        Index1D index, ArrayView<float> packed, ArrayView<float> weights, Taps taps, int channels, int columns)
    {
        int block = index / taps.Count, tap = index % taps.Count, first = block * columns;
        int count = Math.Min(columns, channels - first), pitch = taps.Count * taps.Run;
        float* destination = packed.Pointer() + (long)index.X * taps.Run * columns;
        float* source = weights.Pointer() + (long)first * pitch + (long)tap * taps.Run;
        for (int i = 0; i < taps.Run; i += CpuMemory.LineFloats, destination += CpuMemory.LineFloats * columns)
        {
            int inputs = Math.Min(CpuMemory.LineFloats, taps.Run - i);
            if (count < columns)
                new Span<float>(destination, inputs * columns).Clear();
            for (int k = 0; k < count; k++)
            {
                float* from = source + k * pitch + i, to = destination + k;
                for (int j = 0; j < inputs; j++, to += columns)
                    *to = from[j];
            }
        }
        ZeroRun(packed, taps.Run);
    }

    /// <summary>
    /// Packs a block of input channels of one tap, for backward-data:
    /// <c>packed[block, tap, k, c] = weights[k, tap, c]</c>.
    /// </summary>
    public static void BackwardData(
        Index1D index, ArrayView<float> packed, ArrayView<float> weights, ConvolutionShape shape, int columns)
    {
        int taps = shape.R * shape.S, block = index / taps, tap = index % taps, first = block * columns;
        int count = Math.Min(columns, shape.C - first);
        float* destination = packed.Pointer() + (long)index.X * shape.K * columns;
        float* source = weights.Pointer() + (long)tap * shape.C + first;
        for (int k = 0; k < shape.K; k++, destination += columns, source += taps * shape.C)
        {
            new Span<float>(source, count).CopyTo(new Span<float>(destination, count));
            new Span<float>(destination + count, columns - count).Clear();
        }
        ZeroRun(packed, shape.K);
    }

    /// <summary>Copies one row of an image into a row of the padded image, or clears it.</summary>
    public static void Pad(Index1D index, ArrayView<float> padded, ArrayView<float> input, ConvolutionShape shape)
    {
        int height = shape.H + 2 * shape.Padding, border = shape.Padding * shape.C, length = shape.W * shape.C;
        int n = index / height, h = index % height - shape.Padding;
        var row = new Span<float>(padded.Pointer() + (long)index.X * (length + 2 * border), length + 2 * border);
        row.Clear();
        if (h >= 0 && h < shape.H)
            new Span<float>(input.Pointer() + ((long)n * shape.H + h) * length, length).CopyTo(row[border..]);
    }

    // Every index writes the same zeros: cheaper than another launch.
    private static void ZeroRun(ArrayView<float> packed, int run) =>
        new Span<float>(packed.Pointer() + packed.Length - run, run).Clear();
}
