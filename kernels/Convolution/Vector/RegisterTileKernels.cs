using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The CPU kernels of the direct convolution's forward and backward-data passes: an index is a task of a few register
/// tiles.
/// </summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <remarks>
/// <code>
///                  a tile's rows    columns            segments    run of a segment
/// forward          output pixels    output channels    taps        input channels
/// backward-data    input pixels     input channels     taps        output channels
/// </code>
/// </remarks>
[SkipLocalsInit]
internal static unsafe class RegisterTileKernels<TVector, TMath>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    private static int Rows => RegisterTile<TVector, TMath>.Rows;

    private static int Columns => RegisterTile<TVector, TMath>.Columns;

    /// <summary>Some register tiles of <c>output = act(input ⋆ weights + bias)</c>.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> packed, Epilogue epilogue,
        ConvolutionShape shape, Taps taps, RegisterTileGrid grid)
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

    /// <summary>Some register tiles of <c>gradInput</c> of the pixels of one phase.</summary>
    public static void BackwardData(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> packed,
        Epilogue epilogue, ConvolutionShape shape, StridePhase phase, RegisterTileGrid grid)
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
