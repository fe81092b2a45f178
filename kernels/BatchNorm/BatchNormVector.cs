using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// Batch normalisation on the CPU and its gradient, with statistics that <see cref="BatchNormStatisticsVector"/>
/// computes: a vector holds neighbouring channels of a pixel, an index is a chunk of whole pixels.
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
    public const int MergedChannels = 16;

    /// <summary>Indices of the two merging kernels.</summary>
    public static int Merges(in BatchNormShape shape) => Ceiling.Divide(shape.C, MergedChannels);

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
                Vector<float> gradient = Masked(dy, y, normalization, centered, masks, row, c);
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
                Vector<float> gradient = Masked(dy, y, normalization, centered, masks, row, c);
                gradient -= Vector.Load(sum + c) * share;
                gradient -= centered * slope;
                (scale * gradient).Store(dx + row + c, channels - c);
            }
        }
    }

    /// <summary>
    /// <c>g</c>, the gradient of what goes into the ReLU, if there was one; <paramref name="y"/>, the output, is null
    /// where no residual was added.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Masked(
        float* dy, float* y, Normalization normalization, Vector<float> centered, int masks, long row, int c)
    {
        Vector<float> gradient = Vector.Load(dy + row + c);
        return masks == 0 ? gradient
            : gradient.Masked(y == null ? normalization.Apply(centered, c) : Vector.Load(y + row + c));
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
