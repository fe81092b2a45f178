using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>What the convolutions in tiles on a GPU have in common.</summary>
internal abstract class ConvolutionGpuPasses : ConvolutionPasses
{
    /// <inheritdoc/>
    public override void BackwardBias(
        ComputeDevice device, ArrayView<float> gradBias, Tensor gradOutput, in ConvolutionShape shape) =>
        BiasQuad.Backward(device, gradBias, gradOutput, shape);
}
