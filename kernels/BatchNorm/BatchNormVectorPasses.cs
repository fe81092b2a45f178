using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// Launches the kernels of <see cref="BatchNormStatisticsVector"/> and <see cref="BatchNormVector"/>: sums of chunks
/// first, then the whole.
/// </summary>
internal sealed class BatchNormVectorPasses : BatchNormPasses
{
    /// <inheritdoc/>
    public override void Statistics(
        ComputeDevice device, ArrayView<float> mean, ArrayView<float> inverseStd, ArrayView<float> runningMean,
        ArrayView<float> runningVar, ArrayView<float> input, PixelStatistics? carried, float momentum, float epsilon,
        in BatchNormShape shape)
    {
        Tensor moments = RentChunks(device, shape);
        device.Launch(BatchNormStatisticsVector.ChunkMoments, shape.Chunks, moments.View, input, shape);
        device.Launch(
            BatchNormStatisticsVector.MergeStatistics, BatchNormVector.Merges(shape), mean, inverseStd, runningMean,
            runningVar, moments.View, momentum, epsilon, shape);
        moments.Release();
    }

    /// <inheritdoc/>
    public override void Normalize(
        ComputeDevice device, ArrayView<float> output, ArrayView<float> input, ArrayView<float> residual,
        BatchNormChannels channels, int relu, in BatchNormShape shape) =>
        device.Launch(BatchNormVector.Normalize, shape.Chunks, output, input, residual, channels, relu, shape);

    /// <inheritdoc/>
    public override void GradientSums(
        ComputeDevice device, ArrayView<float> sums, ArrayView<float> gradResidual, ArrayView<float> gradWeight,
        ArrayView<float> gradBias, ArrayView<float> gradOutput, ArrayView<float> output, ArrayView<float> input,
        BatchNormChannels channels, int masks, in BatchNormShape shape)
    {
        Tensor partial = RentChunks(device, shape);
        device.Launch(
            BatchNormVector.ChunkGradientSums, shape.Chunks, partial.View, gradResidual, gradOutput, output, input,
            channels, masks, shape);
        device.Launch(
            BatchNormVector.MergeGradientSums, BatchNormVector.Merges(shape), sums, gradWeight, gradBias, partial.View,
            channels.InverseStd, shape);
        partial.Release();
    }

    /// <inheritdoc/>
    public override void GradInput(
        ComputeDevice device, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output,
        ArrayView<float> input, BatchNormChannels channels, int masks, ArrayView<float> sums,
        in BatchNormShape shape) =>
        device.Launch(
            BatchNormVector.GradInput, shape.Chunks, gradInput, gradOutput, output, input, channels, masks, sums,
            shape);

    /// <summary>Room for two values of each channel of each chunk.</summary>
    private static Tensor RentChunks(ComputeDevice device, in BatchNormShape shape) =>
        device.Arena.Rent(new TensorShape(shape.Chunks, 1, 2, shape.C));
}
