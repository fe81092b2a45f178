using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The CPU kernels of the convolution: an index is a task of a few register tiles.</summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <remarks>
/// <code>
///                                  a tile's rows      columns           segments            run of a segment
/// forward                          output pixels      output channels   taps                input channels
/// backward-data                    input pixels       input channels    taps                output channels
/// backward-weights                 output channels    input channels    one                 pixels of a chunk
/// the same with few channels       weights            output channels   rows of the image   pixels of a row
/// </code>
/// </remarks>
[SkipLocalsInit]
internal static unsafe class ConvolutionVectorKernels<TVector, TMath>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    private static int Rows => RegisterTile<TVector, TMath>.Rows;

    private static int Columns => RegisterTile<TVector, TMath>.Columns;

    /// <summary>Some tiles of <c>output = act(input ⋆ weights + bias)</c>.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> packed, Epilogue epilogue,
        ConvolutionShape shape, Taps taps, TileGrid grid)
    {
        (int firstTile, int tiles, int firstBlock, int blocks) = grid.Task(index);
        float** rows = stackalloc float*[tiles * taps.Count * Rows];
        float** destinations = stackalloc float*[tiles * Rows];
        int* places = stackalloc int[taps.Count];
        float* source = input.Pointer();
        float* zeros = packed.Pointer() + packed.Length - taps.Run;
        int pixels = shape.Output.Pixels, valid = Math.Min(tiles * Rows, pixels - firstTile * Rows);

        for (int i = 0; i < tiles * Rows; i++)
        {
            // The last tile's empty rows repeat the last pixel; MultiplyBlock does not write them.
            int pixel = firstTile * Rows + Math.Min(i, valid - 1);
            int q = pixel % shape.Q, p = pixel / shape.Q % shape.P, n = pixel / shape.Q / shape.P;
            destinations[i] = output.Pointer() + (long)pixel * shape.K;
            float** row = rows + i / Rows * taps.Count * Rows + i % Rows;
            for (int r = 0; r < taps.Rows; r++)
            {
                int h = p * shape.Stride - shape.Padding + r;
                for (int s = 0; s < taps.Columns; s++, row += Rows)
                {
                    int w = q * shape.Stride - shape.Padding + s;
                    bool inside = (uint)h < (uint)shape.H && (uint)w < (uint)shape.W;
                    *row = inside ? source + (((long)n * shape.H + h) * shape.W + w) * shape.C : zeros;
                }
            }
        }

        for (int tap = 0; tap < taps.Count; tap++)
            places[tap] = tap;
        var writer = new EpilogueWriter<TVector, TMath>(output, epilogue);
        var weights = new PackedWeights(packed.Pointer(), taps.Count, taps.Run, shape.K);
        for (int block = firstBlock; block < firstBlock + blocks; block++)
            MultiplyBlock(rows, destinations, valid, weights, block, places, taps.Count, writer);
    }

    /// <summary>Some tiles of <c>gradInput</c> of the pixels of one phase.</summary>
    public static void BackwardData(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> packed,
        Epilogue epilogue, ConvolutionShape shape, StridePhase phase, TileGrid grid)
    {
        (int firstTile, int tiles, int firstBlock, int blocks) = grid.Task(index);
        float** rows = stackalloc float*[tiles * phase.Taps * Rows];
        float** destinations = stackalloc float*[tiles * Rows];
        int* places = stackalloc int[phase.Taps];
        float* source = gradOutput.Pointer();
        float* zeros = packed.Pointer() + packed.Length - shape.K;
        int valid = Math.Min(tiles * Rows, phase.Pixels - firstTile * Rows);

        for (int i = 0; i < tiles * Rows; i++)
        {
            int pixel = firstTile * Rows + Math.Min(i, valid - 1);
            int column = pixel % phase.Columns, line = pixel / phase.Columns % phase.Rows;
            int n = pixel / phase.Columns / phase.Rows;
            int h = phase.FirstH + line * shape.Stride, w = phase.FirstW + column * shape.Stride;
            destinations[i] = gradInput.Pointer() + (((long)n * shape.H + h) * shape.W + w) * shape.C;
            float** row = rows + i / Rows * phase.Taps * Rows + i % Rows;
            int lastP = phase.FirstP + line, lastQ = phase.FirstQ + column;
            for (int p = lastP; p > lastP - phase.TapRows; p--)
            {
                for (int q = lastQ; q > lastQ - phase.TapColumns; q--, row += Rows)
                {
                    bool inside = (uint)p < (uint)shape.P && (uint)q < (uint)shape.Q;
                    *row = inside ? source + (((long)n * shape.P + p) * shape.Q + q) * shape.K : zeros;
                }
            }
        }

        for (int tap = 0; tap < phase.Taps; tap++)
        {
            int r = phase.FirstR + tap / phase.TapColumns * shape.Stride;
            int s = phase.FirstS + tap % phase.TapColumns * shape.Stride;
            places[tap] = r * shape.S + s;
        }
        var writer = new EpilogueWriter<TVector, TMath>(gradInput, epilogue);
        var weights = new PackedWeights(packed.Pointer(), shape.R * shape.S, shape.K, shape.C);
        for (int block = firstBlock; block < firstBlock + blocks; block++)
            MultiplyBlock(rows, destinations, valid, weights, block, places, phase.Taps, writer);
    }

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
                        Gather(gathered, input.Pointer() + column, row, count, tap, shape);
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
        checked(
            Ceiling.Divide(
                grid.RowsPerChunk * shape.Q * (Columns + BackwardWeightsGrid.GroupOf(Rows)), CpuMemory.LineFloats)
            * CpuMemory.LineFloats);

    /// <summary>
    /// One slice's sums of <c>gradWeights</c> where there are few channels: a filter's weights are the tile's rows and
    /// the output channels its columns, <c>partial[slice, block of output channels, tile of weights, Rows,
    /// Columns]</c>. A block's channels of the gradient are gathered in <c>gathered[slice, pixel, Columns]</c>, because
    /// they too lie apart by a power of two of bytes.
    /// </summary>
    public static void BackwardWeightsOfFewChannels(
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
                Gather(
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
    public static void SumFewChannels(
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

    /// <summary>Some channels of some pixels: <c>gathered[pixel, Columns]</c>.</summary>
    private static void Gather(float* gathered, float* source, int pixels, int pitch)
    {
        for (int pixel = 0; pixel < pixels; pixel++, source += pitch, gathered += Columns)
        {
            TMath.Store(TMath.Load(source), gathered);
            TMath.Store(TMath.Load(source + TMath.Count), gathered + TMath.Count);
            CpuMemory.Prefetch(source + Columns);
        }
    }

    /// <summary>
    /// Some channels of the input pixel under a tap for each pixel of some output rows:
    /// <c>gathered[pixel, Columns]</c>.
    /// </summary>
    private static void Gather(
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

    /// <summary>A block of the result's channels, of all tiles of a task.</summary>
    /// <param name="rows"><c>[tiles, taps, Rows]</c> pointers to the pixels under the taps.</param>
    /// <param name="destinations">Pointers to the results' pixels, tile after tile.</param>
    /// <param name="valid">How many of them exist.</param>
    /// <param name="weights">All weights.</param>
    /// <param name="block">Which channels.</param>
    /// <param name="places">Where each tap stands among those of a filter: all of them, or a phase's.</param>
    /// <param name="taps">Number of taps.</param>
    /// <param name="writer">Writes what exists of a tile.</param>
    private static void MultiplyBlock(
        float** rows, float** destinations, int valid, in PackedWeights weights, int block, int* places, int taps,
        in EpilogueWriter<TVector, TMath> writer)
    {
        float* tile = stackalloc float[Rows * Columns];
        float** vectors = stackalloc float*[taps];
        for (int tap = 0; tap < taps; tap++)
            vectors[tap] = weights.Packed + ((long)block * weights.Taps + places[tap]) * weights.Run * Columns;
        int channel = block * Columns, channels = Math.Min(Columns, weights.Channels - channel);
        for (int first = 0; first < valid; first += Rows, rows += taps * Rows)
        {
            RegisterTile<TVector, TMath>.Multiply(tile, rows, vectors, taps, weights.Run, 1, Columns);
            for (int row = 0; row < Math.Min(Rows, valid - first); row++)
                writer.Write(destinations[first + row] + channel, tile + row * Columns, channel, channels);
        }
    }

    /// <summary>Weights as <see cref="ConvolutionPacking"/> leaves them.</summary>
    /// <param name="packed"><c>[blocks, taps, run, Columns]</c></param>
    /// <param name="taps">Taps of a filter.</param>
    /// <param name="run">Length of a tap.</param>
    /// <param name="channels">Channels of the result, which the last block may not fill.</param>
    private readonly struct PackedWeights(float* packed, int taps, int run, int channels)
    {
        public readonly float* Packed = packed;

        public readonly int Taps = taps, Run = run, Channels = channels;
    }
}
