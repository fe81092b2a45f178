using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The CPU kernels around the tiles: weights into the order in which tiles read them, padding, partial sums together.
/// </summary>
/// <remarks>
/// Packed weights are <c>[blocks, taps, run, columns]</c>: a tile reads them from one end to the other. Behind them
/// stands one run of zeros, which pixels of the padding point to.
/// </remarks>
internal static unsafe class ConvolutionPacking
{
    /// <summary>
    /// Floats that one index of <see cref="SumSlices"/> sums: small enough to stay in the first-level cache.
    /// </summary>
    public const int SumChunk = 2048;

    /// <summary>Floats of packed weights with the run of zeros.</summary>
    public static int Length(int blocks, int taps, int run, int columns) =>
        checked(blocks * taps * run * columns + run);

    /// <summary>
    /// Packs a block of output channels of one tap, for forward: <c>packed[block, tap, i, k] = weights[k, tap, i]</c>.
    /// </summary>
    public static void Forward(
        Index1D index, ArrayView<float> packed, ArrayView<float> weights, Taps taps, int channels, int columns)
    {
        int block = index / taps.Count, tap = index % taps.Count, first = block * columns;
        int count = Math.Min(columns, channels - first), pitch = taps.Count * taps.Run;
        float* destination = packed.Pointer() + (long)index.X * taps.Run * columns;
        float* source = weights.Pointer() + (long)first * pitch + (long)tap * taps.Run;
        for (int i = 0; i < taps.Run; i++, destination += columns, source++)
        {
            for (int k = 0; k < count; k++)
                destination[k] = source[k * pitch];
            new Span<float>(destination + count, columns - count).Clear();
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

    /// <summary>Adds a chunk of all slices' partial sums, in the order of the slices.</summary>
    public static void SumSlices(Index1D index, ArrayView<float> sum, ArrayView<float> partial, int slices)
    {
        int first = index * SumChunk, count = Math.Min(SumChunk, (int)sum.Length - first);
        float* destination = sum.Pointer() + first;
        float* source = partial.Pointer() + first;
        new Span<float>(source, count).CopyTo(new Span<float>(destination, count));
        for (int slice = 1; slice < slices; slice++)
            Add(destination, source + slice * sum.Length, count);
    }

    /// <summary>Sums a slice of the pixels, channel by channel: <c>partial[slice, channel]</c>.</summary>
    public static void SumPixels(
        Index1D slice, ArrayView<float> partial, ArrayView<float> pixels, int count, int channels)
    {
        int slices = (int)(partial.Length / channels);
        int first = (int)((long)count * slice.X / slices), end = (int)((long)count * (slice.X + 1) / slices);
        float* sum = partial.Pointer() + slice.X * channels;
        new Span<float>(sum, channels).Clear();
        for (int pixel = first; pixel < end; pixel++)
            Add(sum, pixels.Pointer() + (long)pixel * channels, channels);
    }

    /// <summary><c>destination += source</c></summary>
    public static void Add(float* destination, float* source, int count)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            (Vector.Load(destination + i) + Vector.Load(source + i)).Store(destination + i);
        for (; i < count; i++)
            destination[i] += source[i];
    }

    // Every index writes the same zeros: cheaper than another launch.
    private static void ZeroRun(ArrayView<float> packed, int run) =>
        new Span<float>(packed.Pointer() + packed.Length - run, run).Clear();
}
