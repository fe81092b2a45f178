using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Launches <see cref="ConvolutionNaive"/>: one index an element of what a pass computes.</summary>
internal sealed class ConvolutionNaivePasses : ConvolutionPasses
{
    /// <inheritdoc/>
    public override void Forward(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, ArrayView<float> bias, bool relu,
        bool statistics, in ConvolutionShape shape) =>
        device.Launch(
            ConvolutionNaive.Forward, (int)shape.Output.Count, output.View, input.View, weights.Values, bias,
            relu ? 1 : 0, shape);

    /// <inheritdoc/>
    public override void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, LayerWeights weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape) =>
        device.Launch(
            ConvolutionNaive.BackwardData, (int)shape.Input.Count, gradInput.View, gradOutput.View, weights.Values,
            accumulate ? 1 : 0, activation is null ? default : activation.View, shape);

    /// <inheritdoc/>
    public override void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input,
        in ConvolutionShape shape) =>
        device.Launch(
            ConvolutionNaive.BackwardWeights, (int)shape.Weights.Count, gradWeights, gradOutput.View, input.View,
            shape);
}
