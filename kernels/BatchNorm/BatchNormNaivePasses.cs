using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>Launches the kernels of <see cref="BatchNormNaive"/>.</summary>
internal sealed class BatchNormNaivePasses : BatchNormPasses
{
    /// <inheritdoc/>
    public override void Statistics(
        ComputeDevice device, ArrayView<float> mean, ArrayView<float> inverseStd, ArrayView<float> runningMean,
        ArrayView<float> runningVar, ArrayView<float> input, PixelStatistics? carried, float momentum, float epsilon,
        in BatchNormShape shape) =>
        device.Launch(
            BatchNormNaive.Statistics, shape.C, mean, inverseStd, runningMean, runningVar, input, momentum, epsilon,
            shape);

    /// <inheritdoc/>
    public override void Normalize(
        ComputeDevice device, ArrayView<float> output, ArrayView<float> input, ArrayView<float> residual,
        BatchNormChannels channels, int relu, in BatchNormShape shape) =>
        device.Launch(
            BatchNormNaive.Normalize, (int)shape.Tensor.Count, output, input, residual, channels, relu, shape);

    /// <inheritdoc/>
    public override void GradientSums(
        ComputeDevice device, ArrayView<float> sums, ArrayView<float> gradResidual, ArrayView<float> gradWeight,
        ArrayView<float> gradBias, ArrayView<float> gradOutput, ArrayView<float> output, ArrayView<float> input,
        BatchNormChannels channels, int masks, in BatchNormShape shape)
    {
        device.Launch(
            BatchNormNaive.GradientSums, shape.C, sums, gradWeight, gradBias, gradOutput, output, input, channels,
            masks, shape);
        if (gradResidual.Length > 0)
            device.Launch(
                BatchNormNaive.GradResidual, (int)shape.Tensor.Count, gradResidual, gradOutput, output, input, channels,
                masks, shape);
    }

    /// <inheritdoc/>
    public override void GradInput(
        ComputeDevice device, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output,
        ArrayView<float> input, BatchNormChannels channels, int masks, ArrayView<float> sums,
        in BatchNormShape shape) =>
        device.Launch(
            BatchNormNaive.GradInput, (int)shape.Tensor.Count, gradInput, gradOutput, output, input, channels, masks,
            sums, shape);
}
