using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// What a batch normalisation is made of, forward and backward, one instance an algorithm; each launches the kernels of
/// its algorithm.
/// </summary>
internal abstract class BatchNormPasses
{
    private static readonly BatchNormPasses Naive = new BatchNormNaivePasses();
    private static readonly BatchNormPasses Vector = new BatchNormVectorPasses();
    private static readonly BatchNormPasses Quad = new BatchNormQuadPasses<SingleElements>();
    private static readonly BatchNormPasses BFloat16Quad = new BatchNormQuadPasses<BFloat16Elements>();

    /// <summary>The implementation of an algorithm for tensors of an element type.</summary>
    public static BatchNormPasses Of(BatchNormAlgorithm algorithm, ElementType elementType) => algorithm switch
    {
        BatchNormAlgorithm.Vector => Vector,
        BatchNormAlgorithm.Quad => elementType == ElementType.BFloat16 ? BFloat16Quad : Quad,
        _ => Naive,
    };

    /// <summary>The batch's statistics, and the running ones with their share of it.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="mean"><c>[C]</c></param>
    /// <param name="inverseStd"><c>[C]</c></param>
    /// <param name="runningMean"><c>[C]</c>, updated.</param>
    /// <param name="runningVar"><c>[C]</c>, updated.</param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="carried">
    /// What the input carried of a convolution's statistics, which are given back; null for none. Only quads take them.
    /// </param>
    /// <param name="momentum">Share of the batch in the new running statistics.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="shape">The sizes.</param>
    public abstract void Statistics(
        ComputeDevice device, ArrayView<float> mean, ArrayView<float> inverseStd, ArrayView<float> runningMean,
        ArrayView<float> runningVar, ArrayView<float> input, PixelStatistics? carried, float momentum, float epsilon,
        in BatchNormShape shape);

    /// <summary><c>output = act((input - mean) · inverseStd · weight + bias [+ residual])</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output"><c>[N, H, W, C]</c></param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="residual"><c>[N, H, W, C]</c>, or empty for none.</param>
    /// <param name="channels">What each channel is normalised with.</param>
    /// <param name="relu">1 where ReLU follows, else 0.</param>
    /// <param name="shape">The sizes.</param>
    public abstract void Normalize(
        ComputeDevice device, ArrayView<float> output, ArrayView<float> input, ArrayView<float> residual,
        BatchNormChannels channels, int relu, in BatchNormShape shape);

    /// <summary>
    /// <c>sums[c] = Σ g</c> and <c>sums[C + c] = Σ g x̂</c>, which are the parameters' gradients too; and
    /// <c>gradResidual = g</c> if there is one.
    /// </summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="sums"><c>[2, C]</c></param>
    /// <param name="gradResidual"><c>[N, H, W, C]</c>, or empty.</param>
    /// <param name="gradWeight"><c>[C]</c>, or empty.</param>
    /// <param name="gradBias"><c>[C]</c>, or empty.</param>
    /// <param name="gradOutput"><c>[N, H, W, C]</c></param>
    /// <param name="output">
    /// <c>[N, H, W, C]</c>, or empty where the input tells where the ReLU gave 0.
    /// </param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="channels">What each channel was normalised with.</param>
    /// <param name="masks">1: <c>g</c> is 0 where the ReLU gave 0; 0: it is the gradient as it is.</param>
    /// <param name="shape">The sizes.</param>
    public abstract void GradientSums(
        ComputeDevice device, ArrayView<float> sums, ArrayView<float> gradResidual, ArrayView<float> gradWeight,
        ArrayView<float> gradBias, ArrayView<float> gradOutput, ArrayView<float> output, ArrayView<float> input,
        BatchNormChannels channels, int masks, in BatchNormShape shape);

    /// <summary><c>gradInput = weight · inverseStd · (g - Σ g / M - x̂ · Σ g x̂ / M)</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput"><c>[N, H, W, C]</c></param>
    /// <param name="gradOutput"><c>[N, H, W, C]</c></param>
    /// <param name="output">As in <see cref="GradientSums"/>.</param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="channels">What each channel was normalised with.</param>
    /// <param name="masks">As in <see cref="GradientSums"/>.</param>
    /// <param name="sums">What <see cref="GradientSums"/> gave.</param>
    /// <param name="shape">The sizes.</param>
    public abstract void GradInput(
        ComputeDevice device, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output,
        ArrayView<float> input, BatchNormChannels channels, int masks, ArrayView<float> sums, in BatchNormShape shape);
}
