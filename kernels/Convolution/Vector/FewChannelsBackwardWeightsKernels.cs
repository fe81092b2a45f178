using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The CPU kernels of the direct convolution's backward-weights pass where a filter row is one tap, because there are
/// few input channels (<see cref="Taps.Merged"/>): the register tile is turned round.
/// </summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <remarks>
/// <code>
///                                     a tile's rows    columns            segments             run of a segment
/// backward-weights of few channels    weights          output channels    rows of the image    pixels of a row
/// </code>
/// </remarks>
[SkipLocalsInit]
internal static unsafe class FewChannelsBackwardWeightsKernels<TVector, TMath>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    private static int Rows => RegisterTile<TVector, TMath>.Rows;

    private static int Columns => RegisterTile<TVector, TMath>.Columns;

    /// <summary>
    /// One slice's sums of <c>gradWeights</c>: a filter's weights are the tile's rows and the output channels its
    /// columns, <c>partial[slice, block of output channels, tile of weights, Rows, Columns]</c>. A block's channels of
    /// the output's gradient are gathered in <c>gathered[slice, pixel, Columns]</c>, because they lie apart by a power
    /// of two of bytes.
    /// </summary>
    public static void BackwardWeights(
        Index1D slice, ArrayView<float> partial, ArrayView<float> gathered, ArrayView<float> gradOutput,
        ArrayView<float> input, ConvolutionShape shape, Taps taps, BackwardWeightsGrid grid)
    {
        int weights = taps.Count * taps.Run, tiles = Ceiling.Divide(weights, Rows);
        int blocks = Ceiling.Divide(shape.K, Columns);
        float* sums = partial.Pointer() + (long)slice.X * blocks * tiles * Rows * Columns;
        float* columns = gathered.Pointer() + (long)slice.X * grid.RowsPerChunk * shape.Q * Columns;
        float** lines = stackalloc float*[grid.RowsPerChunk];
        float** rows = stackalloc float*[grid.RowsPerChunk * Rows];
        float** vectors = stackalloc float*[grid.RowsPerChunk];
        int firstRow = slice * grid.RowsPerSlice, endRow = Math.Min(firstRow + grid.RowsPerSlice, shape.N * shape.P);
        for (int row = firstRow; row < endRow; row += grid.RowsPerChunk)
        {
            int count = Math.Min(grid.RowsPerChunk, endRow - row);
            for (int i = 0; i < count; i++)
            {
                lines[i] =
                    input.Pointer()
                    + ((long)((row + i) / shape.P) * shape.H + (row + i) % shape.P * shape.Stride) * shape.W * shape.C;
                vectors[i] = columns + i * shape.Q * Columns;
            }
            float* tile = sums;
            for (int block = 0; block < blocks; block++)
            {
                GatherGradOutput(
                    columns, gradOutput.Pointer() + (long)row * shape.Q * shape.K + block * Columns, count * shape.Q,
                    shape.K);
                for (int t = 0; t < tiles; t++, tile += Rows * Columns)
                {
                    for (int i = 0; i < Rows; i++)
                    {
                        // The last tile's empty rows repeat the last weight; nobody reads them.
                        int weight = Math.Min(t * Rows + i, weights - 1);
                        int offset = weight / taps.Run * shape.W * shape.C + weight % taps.Run;
                        for (int line = 0; line < count; line++)
                            rows[line * Rows + i] = lines[line] + offset;
                    }
                    RegisterTile<TVector, TMath>.Multiply(
                        tile, rows, vectors, count, shape.Q, shape.Stride * shape.C, Columns, row > firstRow);
                }
            }
        }
    }

    /// <summary>
    /// Adds all slices' sums of one weight, in the order of the slices: <c>gradWeights[k, weight]</c>.
    /// </summary>
    public static void SumSlices(
        Index1D weight, ArrayView<float> gradWeights, ArrayView<float> partial, int weights, int channels, int slices)
    {
        int blocks = Ceiling.Divide(channels, Columns), tiles = Ceiling.Divide(weights, Rows);
        int length = blocks * tiles * Rows * Columns;
        float* sum = stackalloc float[Columns];
        for (int block = 0; block < blocks; block++)
        {
            float* source = partial.Pointer() + ((block * tiles + weight / Rows) * Rows + weight % Rows) * Columns;
            new Span<float>(source, Columns).CopyTo(new Span<float>(sum, Columns));
            for (int slice = 1; slice < slices; slice++)
                PartialSums.Add(sum, source + (long)slice * length, Columns);
            for (int k = block * Columns; k < Math.Min((block + 1) * Columns, channels); k++)
                gradWeights.Pointer()[(long)k * weights + weight] = sum[k % Columns];
        }
    }

    /// <summary>Some channels of the output's gradient at some pixels: <c>gathered[pixel, Columns]</c>.</summary>
    private static void GatherGradOutput(float* gathered, float* gradOutput, int pixels, int pitch)
    {
        for (int pixel = 0; pixel < pixels; pixel++, gradOutput += pitch, gathered += Columns)
        {
            TMath.Store(TMath.Load(gradOutput), gathered);
            TMath.Store(TMath.Load(gradOutput + TMath.Count), gathered + TMath.Count);
            CpuMemory.Prefetch(gradOutput + Columns);
        }
    }
}
