using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// The statistics of a batch on the CPU: moments of chunks of pixels, and their merging, as in
/// <see cref="BatchNormVector"/>.
/// </summary>
internal static unsafe class BatchNormStatisticsVector
{
    private const int MergedChannels = BatchNormVector.MergedChannels;

    /// <summary>
    /// Mean and sum of squared differences from it, of each channel of one chunk: <c>moments [chunks, 2, C]</c>.
    /// </summary>
    /// <remarks>Two passes over the chunk, of which the second finds it in the cache.</remarks>
    public static void ChunkMoments(
        Index1D chunk, ArrayView<float> moments, ArrayView<float> input, BatchNormShape shape)
    {
        int channels = shape.C, pixels = shape.PixelsOf(chunk);
        float* x = input.Pointer() + (long)chunk.X * shape.ChunkPixels * channels;
        float* mean = moments.Pointer() + (long)chunk.X * 2 * channels, squares = mean + channels;
        new Span<float>(mean, 2 * channels).Clear();
        AddTerms(mean, x, pixels, channels, default(PixelTerm));
        for (int c = 0; c < channels; c++)
            mean[c] /= pixels;
        AddTerms(squares, x, pixels, channels, new SquareTerm(mean));
    }

    /// <summary>The statistics of some channels, from the moments of the chunks.</summary>
    /// <remarks>
    /// <code>
    /// δ = mean b - mean a        mean = mean a + δ · b / (a + b)        squares = squares a + squares b + δ² · a b / (a + b)
    /// </code>
    /// merges a pixels with b others (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for
    /// computing sample variances", 1979). In double precision, which costs nothing here and makes the order of
    /// hundreds of chunks harmless.
    /// </remarks>
    public static void MergeStatistics(
        Index1D index, ArrayView<float> mean, ArrayView<float> inverseStd, ArrayView<float> runningMean,
        ArrayView<float> runningVar, ArrayView<float> moments, float momentum, float epsilon, BatchNormShape shape)
    {
        int first = index * MergedChannels, count = Math.Min(MergedChannels, shape.C - first);
        Span<double> means = stackalloc double[MergedChannels], squares = stackalloc double[MergedChannels];
        means.Clear();
        squares.Clear();
        double merged = 0;
        for (int chunk = 0; chunk < shape.Chunks; chunk++)
        {
            float* chunkMean = moments.Pointer() + (long)chunk * 2 * shape.C + first;
            float* chunkSquares = chunkMean + shape.C;
            double pixels = shape.PixelsOf(chunk), total = merged + pixels, share = pixels / total;
            double weight = merged * share;
            for (int c = 0; c < count; c++)
            {
                double delta = chunkMean[c] - means[c];
                means[c] += delta * share;
                squares[c] += chunkSquares[c] + delta * delta * weight;
            }
            merged = total;
        }
        float* mu = mean.Pointer() + first, rstd = inverseStd.Pointer() + first;
        float* runningMu = runningMean.Pointer() + first, runningSquare = runningVar.Pointer() + first;
        for (int c = 0; c < count; c++)
        {
            mu[c] = (float)means[c];
            rstd[c] = (float)(1 / Math.Sqrt(squares[c] / shape.Pixels + epsilon));
            runningMu[c] = (float)((1 - (double)momentum) * runningMu[c] + momentum * means[c]);
            runningSquare[c] = (float)(
                (1 - (double)momentum) * runningSquare[c] + momentum * squares[c] / (shape.Pixels - 1));
        }
    }

    /// <summary>Adds a term of each pixel to the sums of its channels.</summary>
    private static void AddTerms<TTerm>(float* sums, float* x, int pixels, int channels, TTerm term)
        where TTerm : struct, ITerm
    {
        int pixel = 0;
        // Four pixels at a time: the sums are in memory, and this reads and writes them a quarter as often.
        for (; pixel + 4 <= pixels; pixel += 4)
        {
            float* x0 = x + (long)pixel * channels, x1 = x0 + channels, x2 = x1 + channels, x3 = x2 + channels;
            for (int c = 0; c < channels; c += Vector<float>.Count)
            {
                Vector<float> terms = term.Of(x0, c) + term.Of(x1, c) + (term.Of(x2, c) + term.Of(x3, c));
                (Vector.Load(sums + c) + terms).Store(sums + c, channels - c);
            }
        }
        for (; pixel < pixels; pixel++)
            for (int c = 0; c < channels; c += Vector<float>.Count)
                (Vector.Load(sums + c) + term.Of(x + (long)pixel * channels, c)).Store(sums + c, channels - c);
    }

    /// <summary>What is summed over pixels, of the channels of a pixel from <c>c</c> on.</summary>
    private interface ITerm
    {
        Vector<float> Of(float* pixel, int c);
    }

    private readonly struct PixelTerm : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<float> Of(float* pixel, int c) => Vector.Load(pixel + c);
    }

    private readonly struct SquareTerm(float* mean) : ITerm
    {
        private readonly float* mean = mean;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<float> Of(float* pixel, int c)
        {
            Vector<float> difference = Vector.Load(pixel + c) - Vector.Load(mean + c);
            return difference * difference;
        }
    }
}
