using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The CPU kernel of the direct convolution's backward-weights pass.</summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <remarks>
/// <code>
///                     a tile's rows      columns           segments    run of a segment
/// backward-weights    output channels    input channels    one         pixels of a chunk
/// </code>
/// Where there are few channels, <see cref="FewChannelsBackwardWeightsKernels{TVector, TMath}"/> takes its place.
/// </remarks>
[SkipLocalsInit]
internal static unsafe class RegisterTileBackwardWeightsKernels<TVector, TMath>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    private static int Rows => RegisterTile<TVector, TMath>.Rows;

    private static int Columns => RegisterTile<TVector, TMath>.Columns;

    /// <summary>
    /// Takes tasks of backward-weights until there are none left: one slice's sums of <c>gradWeights</c> for one group
    /// of output channels.
    /// </summary>
    /// <remarks>
    /// Pixels of the input that a tap meets lie apart, by a power of two of bytes as a rule, so that they push each
    /// other out of the cache. They are gathered once for all channels of the group, zeros where the tap lies in the
    /// padding.
    /// </remarks>
    public static void BackwardWeights(
        Index1D thread, ArrayView<float> gradWeights, ArrayView<float> gradOutput, ArrayView<float> input,
        ArrayView<float> memory, ConvolutionShape shape, Taps taps, BackwardWeightsGrid grid)
    {
        int group = BackwardWeightsGrid.GroupOf(Rows), pitch = taps.Count * taps.Run;
        float** rows = stackalloc float*[Rows];
        float* tile = stackalloc float[Rows * Columns];
        float* gathered = memory.Pointer() + TaskCounter.Floats + (long)thread.X * MemoryOfThread(shape, grid);
        float* panels = gathered + grid.RowsPerChunk * shape.Q * Columns;
        for (int task = TaskCounter.Next(memory); task < grid.Tasks; task = TaskCounter.Next(memory))
        {
            int slice = task / grid.ChannelGroups, firstChannel = task % grid.ChannelGroups * group;
            int endChannel = Math.Min(firstChannel + group, shape.K);
            int firstRow = slice * grid.RowsPerSlice;
            int endRow = Math.Min(firstRow + grid.RowsPerSlice, shape.N * shape.P);
            for (int row = firstRow; row < endRow; row += grid.RowsPerChunk)
            {
                int count = Math.Min(grid.RowsPerChunk, endRow - row), pixels = count * shape.Q;
                for (int k = firstChannel; k < endChannel; k += Rows)
                    Pack(
                        panels + (k - firstChannel) * pixels, gradOutput.Pointer() + (long)row * shape.Q * shape.K + k,
                        pixels, shape.K, Math.Min(Rows, shape.K - k));
                for (int tap = 0; tap < taps.Count; tap++)
                {
                    for (int column = 0; column < taps.Run; column += Columns)
                    {
                        GatherInput(gathered, input.Pointer() + column, row, count, tap, shape);
                        for (int k = firstChannel; k < endChannel; k += Rows)
                        {
                            for (int i = 0; i < Rows; i++)
                                rows[i] = panels + (k - firstChannel) * pixels + i;
                            RegisterTile<TVector, TMath>.Multiply(tile, rows, &gathered, 1, pixels, Rows, Columns);
                            float* sums =
                                gradWeights.Pointer() + ((long)slice * shape.K + k) * pitch + tap * taps.Run + column;
                            AddTile(
                                sums, pitch, tile, Math.Min(Rows, shape.K - k), Math.Min(Columns, taps.Run - column),
                                isFirst: row == firstRow);
                        }
                    }
                }
            }
        }
    }

    /// <summary>Floats of memory that <see cref="BackwardWeights"/> needs for each thread.</summary>
    public static int MemoryOfThread(in ConvolutionShape shape, in BackwardWeightsGrid grid) =>
        Ceiling.Divide(
            Sizes.Countable(
                (long)grid.RowsPerChunk * shape.Q * (Columns + BackwardWeightsGrid.GroupOf(Rows))),
            CpuMemory.LineFloats)
        * CpuMemory.LineFloats;

    /// <summary>
    /// Some channels of the input pixel under a tap for each pixel of some output rows:
    /// <c>gathered[pixel, Columns]</c>.
    /// </summary>
    private static void GatherInput(
        float* gathered, float* input, int firstRow, int rows, int tap, in ConvolutionShape shape)
    {
        int r = tap / shape.S, s = tap % shape.S;
        for (int row = firstRow; row < firstRow + rows; row++)
        {
            int h = row % shape.P * shape.Stride - shape.Padding + r, w = s - shape.Padding;
            float* line = input + ((long)(row / shape.P) * shape.H + h) * shape.W * shape.C;
            for (int q = 0; q < shape.Q; q++, w += shape.Stride, gathered += Columns)
            {
                bool inside = (uint)h < (uint)shape.H && (uint)w < (uint)shape.W;
                float* pixel = line + (long)w * shape.C;
                TMath.Store(inside ? TMath.Load(pixel) : default, gathered);
                TMath.Store(inside ? TMath.Load(pixel + TMath.Count) : default, gathered + TMath.Count);
                // The next channels, which the next call gathers.
                CpuMemory.Prefetch(pixel + Columns);
            }
        }
    }

    /// <summary>A tile's channels of some pixels, close together: <c>panel[pixel, channel]</c>.</summary>
    private static void Pack(float* panel, float* gradOutput, int pixels, int pitch, int channels)
    {
        for (int pixel = 0; pixel < pixels; pixel++, gradOutput += pitch, panel += Rows)
        {
            if (channels == Rows)
                Unsafe.CopyBlockUnaligned(panel, gradOutput, (uint)Rows * sizeof(float));
            else
                new Span<float>(gradOutput, channels).CopyTo(new Span<float>(panel, Rows));
        }
    }

    /// <summary>Adds the part of a tile that exists to sums, or makes it the first of them.</summary>
    private static void AddTile(float* sums, int pitch, float* tile, int rows, int columns, bool isFirst)
    {
        for (int row = 0; row < rows; row++, sums += pitch, tile += Columns)
        {
            if (isFirst)
                Unsafe.CopyBlockUnaligned(sums, tile, (uint)columns * sizeof(float));
            else
                PartialSums.Add(sums, tile, columns);
        }
    }
}
