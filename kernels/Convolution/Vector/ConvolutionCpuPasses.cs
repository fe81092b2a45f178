using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>What the convolutions on the CPU's vector units have in common.</summary>
internal abstract class ConvolutionCpuPasses : ConvolutionPasses
{
    /// <inheritdoc/>
    public override void BackwardBias(
        ComputeDevice device, ArrayView<float> gradBias, Tensor gradOutput, in ConvolutionShape shape) =>
        BiasVector.Backward(device, gradBias, gradOutput, shape);
}
