using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// Batch normalisation on the CPU: a vector holds neighbouring channels of a pixel, an index is a chunk of whole
/// pixels.
/// </summary>
/// <remarks>
/// All of this is bound by memory, so every pass walks its tensors front to back, once. Sums over pixels are kept a
/// chunk each and merged afterwards in the order of the chunks; the shape alone says where chunks end, so the number of
/// threads changes nothing.
/// </remarks>
internal static unsafe class BatchNormVector
{
    /// <summary>
    /// Channels that one index merges: enough that a row of partial results is read a whole cache line at a time.
    /// </summary>
    private const int MergedChannels = 16;

    /// <summary>Indices of the two merging kernels.</summary>
    public static int Merges(in BatchNormShape shape) => Ceiling.Divide(shape.C, MergedChannels);

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
        int pixel = 0;
        // Four pixels at a time: the accumulators are in memory, and this reads and writes them a quarter as often.
        for (; pixel + 4 <= pixels; pixel += 4)
        {
            float* x0 = x + (long)pixel * channels, x1 = x0 + channels, x2 = x1 + channels, x3 = x2 + channels;
            for (int c = 0; c < channels; c += Vector<float>.Count)
            {
                Vector<float> sum =
                    Vector.Load(x0 + c) + Vector.Load(x1 + c) + (Vector.Load(x2 + c) + Vector.Load(x3 + c));
                (Vector.Load(mean + c) + sum).Store(mean + c, channels - c);
            }
        }
        for (; pixel < pixels; pixel++)
            for (int c = 0; c < channels; c += Vector<float>.Count)
                (Vector.Load(mean + c) + Vector.Load(x + (long)pixel * channels + c)).Store(mean + c, channels - c);
        for (int c = 0; c < channels; c++)
            mean[c] /= pixels;
        for (pixel = 0; pixel + 4 <= pixels; pixel += 4)
        {
            float* x0 = x + (long)pixel * channels, x1 = x0 + channels, x2 = x1 + channels, x3 = x2 + channels;
            for (int c = 0; c < channels; c += Vector<float>.Count)
            {
                Vector<float> center = Vector.Load(mean + c);
                Vector<float> d0 = Vector.Load(x0 + c) - center, d1 = Vector.Load(x1 + c) - center;
                Vector<float> d2 = Vector.Load(x2 + c) - center, d3 = Vector.Load(x3 + c) - center;
                (Vector.Load(squares + c) + (d0 * d0 + d1 * d1 + (d2 * d2 + d3 * d3))).Store(squares + c, channels - c);
            }
        }
        for (; pixel < pixels; pixel++)
            for (int c = 0; c < channels; c += Vector<float>.Count)
            {
                Vector<float> difference = Vector.Load(x + (long)pixel * channels + c) - Vector.Load(mean + c);
                (Vector.Load(squares + c) + difference * difference).Store(squares + c, channels - c);
            }
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

    /// <summary>One chunk of <c>output = act((input - mean) · inverseStd · weight + bias [+ residual])</c>.</summary>
    public static void Normalize(
        Index1D chunk, ArrayView<float> output, ArrayView<float> input, ArrayView<float> residual,
        BatchNormChannels values, int relu, BatchNormShape shape)
    {
        int channels = shape.C, pixels = shape.PixelsOf(chunk);
        long start = (long)chunk.X * shape.ChunkPixels * channels;
        float* x = input.Pointer() + start, y = output.Pointer() + start, add = residual.Pointer();
        var normalization = new Normalization(values);
        if (add != null)
            add += start;
        for (int pixel = 0; pixel < pixels; pixel++, x += channels, y += channels)
        {
            for (int c = 0; c < channels; c += Vector<float>.Count)
            {
                Vector<float> value = normalization.Apply(Vector.Load(x + c) - Vector.Load(normalization.Mean + c), c);
                if (add != null)
                    value += Vector.Load(add + (long)pixel * channels + c);
                if (relu != 0)
                    value = value.Masked(value);
                value.Store(y + c, channels - c);
            }
        }
    }

    /// <summary>
    /// The sums <c>Σ g</c> and <c>Σ g (input - mean)</c> of each channel of one chunk, <c>partial [chunks, 2, C]</c>,
    /// and on the way <c>gradResidual = g</c> where it is wanted.
    /// </summary>
    public static void ChunkGradientSums(
        Index1D chunk, ArrayView<float> partial, ArrayView<float> gradResidual, ArrayView<float> gradOutput,
        ArrayView<float> output, ArrayView<float> input, BatchNormChannels values, int masks, BatchNormShape shape)
    {
        int channels = shape.C, pixels = shape.PixelsOf(chunk);
        long start = (long)chunk.X * shape.ChunkPixels * channels;
        float* x = input.Pointer() + start, dy = gradOutput.Pointer() + start;
        var normalization = new Normalization(values);
        float* y = output.Length > 0 ? output.Pointer() + start : null;
        float* dr = gradResidual.Length > 0 ? gradResidual.Pointer() + start : null;
        float* sum = partial.Pointer() + (long)chunk.X * 2 * channels, sumCentered = sum + channels;
        new Span<float>(sum, 2 * channels).Clear();
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            long row = (long)pixel * channels;
            for (int c = 0; c < channels; c += Vector<float>.Count)
            {
                Vector<float> centered = Vector.Load(x + row + c) - Vector.Load(normalization.Mean + c);
                Vector<float> gradient = Vector.Load(dy + row + c);
                if (masks != 0)
                    gradient = gradient.Masked(
                        y == null ? normalization.Apply(centered, c) : Vector.Load(y + row + c));
                if (dr != null)
                    gradient.Store(dr + row + c, channels - c);
                (Vector.Load(sum + c) + gradient).Store(sum + c, channels - c);
                Vector<float> added = Vector.MultiplyAddEstimate(gradient, centered, Vector.Load(sumCentered + c));
                added.Store(sumCentered + c, channels - c);
            }
        }
    }

    /// <summary>
    /// The sums of some channels from those of the chunks: <c>sums[c] = Σ g</c>, <c>sums[C + c] = Σ g x̂</c>, and the
    /// parameters' gradients.
    /// </summary>
    public static void MergeGradientSums(
        Index1D index, ArrayView<float> sums, ArrayView<float> gradWeight, ArrayView<float> gradBias,
        ArrayView<float> partial, ArrayView<float> inverseStd, BatchNormShape shape)
    {
        int first = index * MergedChannels, count = Math.Min(MergedChannels, shape.C - first);
        Span<double> sum = stackalloc double[MergedChannels], sumCentered = stackalloc double[MergedChannels];
        sum.Clear();
        sumCentered.Clear();
        for (int chunk = 0; chunk < shape.Chunks; chunk++)
        {
            float* chunkSum = partial.Pointer() + (long)chunk * 2 * shape.C + first;
            float* chunkSumCentered = chunkSum + shape.C;
            for (int c = 0; c < count; c++)
            {
                sum[c] += chunkSum[c];
                sumCentered[c] += chunkSumCentered[c];
            }
        }
        float* total = sums.Pointer() + first, totalNormalized = total + shape.C, rstd = inverseStd.Pointer() + first;
        for (int c = 0; c < count; c++)
        {
            total[c] = (float)sum[c];
            totalNormalized[c] = (float)(sumCentered[c] * rstd[c]);
        }
        int bytes = count * sizeof(float);
        if (gradBias.Length > 0)
            Unsafe.CopyBlock(gradBias.Pointer() + first, total, (uint)bytes);
        if (gradWeight.Length > 0)
            Unsafe.CopyBlock(gradWeight.Pointer() + first, totalNormalized, (uint)bytes);
    }

    /// <summary>One chunk of <c>gradInput = weight · inverseStd · (g - Σ g / M - x̂ · Σ g x̂ / M)</c>.</summary>
    public static void GradInput(
        Index1D chunk, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output,
        ArrayView<float> input, BatchNormChannels values, int masks, ArrayView<float> sums, BatchNormShape shape)
    {
        int channels = shape.C, pixels = shape.PixelsOf(chunk);
        long start = (long)chunk.X * shape.ChunkPixels * channels;
        float* x = input.Pointer() + start, dy = gradOutput.Pointer() + start, dx = gradInput.Pointer() + start;
        float* y = output.Length > 0 ? output.Pointer() + start : null;
        float* sum = sums.Pointer(), sumNormalized = sum + channels;
        var normalization = new Normalization(values);
        var share = new Vector<float>(1f / shape.Pixels);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            long row = (long)pixel * channels;
            for (int c = 0; c < channels; c += Vector<float>.Count)
            {
                Vector<float> inverse = Vector.Load(normalization.InverseStd + c);
                Vector<float> scale = inverse * Vector.Load(normalization.Weight + c);
                Vector<float> slope = inverse * Vector.Load(sumNormalized + c) * share;
                Vector<float> centered = Vector.Load(x + row + c) - Vector.Load(normalization.Mean + c);
                Vector<float> gradient = Vector.Load(dy + row + c);
                if (masks != 0)
                    gradient = gradient.Masked(
                        y == null ? normalization.Apply(centered, c) : Vector.Load(y + row + c));
                gradient -= Vector.Load(sum + c) * share;
                gradient -= centered * slope;
                (scale * gradient).Store(dx + row + c, channels - c);
            }
        }
    }

    /// <summary>Where the values of <see cref="BatchNormChannels"/> lie.</summary>
    private readonly struct Normalization(BatchNormChannels channels)
    {
        public readonly float* Mean = channels.Mean.Pointer();

        public readonly float* InverseStd = channels.InverseStd.Pointer();

        public readonly float* Weight = channels.Weight.Pointer();

        public readonly float* Bias = channels.Bias.Pointer();

        /// <summary>
        /// <c>centered · (inverseStd · weight) + bias</c> of the channels from <paramref name="c"/> on.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<float> Apply(Vector<float> centered, int c) =>
            Vector.MultiplyAddEstimate(
                centered, Vector.Load(InverseStd + c) * Vector.Load(Weight + c), Vector.Load(Bias + c));
    }
}
