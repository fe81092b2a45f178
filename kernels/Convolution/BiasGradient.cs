using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The gradient of a bias, which is the same whatever algorithm multiplies, and the one place that chooses its kernels.
/// </summary>
internal static class BiasGradient
{
    /// <summary><c>gradBias[k] = Σ n,p,q gradOutput[n, p, q, k]</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradBias"><c>[K]</c></param>
    /// <param name="gradOutput"><c>[N, P, Q, K]</c></param>
    /// <param name="algorithm">How the convolution is computed.</param>
    /// <param name="shape">The sizes.</param>
    public static void Compute(
        ComputeDevice device, ArrayView<float> gradBias, Tensor gradOutput, ConvolutionAlgorithm algorithm,
        in ConvolutionShape shape)
    {
        bool isCpu = device.Kind == DeviceKind.Cpu;
        bool allowsQuads = gradOutput.IsBFloat16 || Quads.Allows(shape.K, gradBias, gradOutput.View);
        if (algorithm == ConvolutionAlgorithm.Naive || !isCpu && !allowsQuads)
            device.Launch(ConvolutionNaive.BackwardBias, shape.K, gradBias, gradOutput.View, shape);
        else if (isCpu)
            BiasVector.Backward(device, gradBias, gradOutput, shape);
        else
            BiasQuad.Backward(device, gradBias, gradOutput, shape);
    }
}
