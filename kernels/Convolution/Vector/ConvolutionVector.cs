using System.Runtime.Intrinsics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>What the convolutions on the CPU's vector units have in common.</summary>
internal abstract class ConvolutionVector : ConvolutionPasses
{
    /// <summary>Winograd's algorithm with the vectors of an algorithm.</summary>
    /// <param name="width">One of the vector algorithms.</param>
    /// <param name="outputs">Outputs in a row of a tile, 2 or 4.</param>
    public static ConvolutionVector WinogradOf(ConvolutionAlgorithm width, int outputs) => (width, outputs) switch
    {
        (ConvolutionAlgorithm.Vector512, 2) =>
            new ConvolutionWinograd<Vector512<float>, Vector512Math, Winograd2<Vector512<float>, Vector512Math>>(),
        (ConvolutionAlgorithm.Vector512, _) =>
            new ConvolutionWinograd<Vector512<float>, Vector512Math, Winograd4<Vector512<float>, Vector512Math>>(),
        (ConvolutionAlgorithm.Vector256, 2) =>
            new ConvolutionWinograd<Vector256<float>, Vector256Math, Winograd2<Vector256<float>, Vector256Math>>(),
        (ConvolutionAlgorithm.Vector256, _) =>
            new ConvolutionWinograd<Vector256<float>, Vector256Math, Winograd4<Vector256<float>, Vector256Math>>(),
        (_, 2) =>
            new ConvolutionWinograd<Vector128<float>, Vector128Math, Winograd2<Vector128<float>, Vector128Math>>(),
        _ => new ConvolutionWinograd<Vector128<float>, Vector128Math, Winograd4<Vector128<float>, Vector128Math>>(),
    };

    /// <inheritdoc/>
    public override void BackwardBias(
        ComputeDevice device, ArrayView<float> gradBias, Tensor gradOutput, in ConvolutionShape shape) =>
        BiasVector.Backward(device, gradBias, gradOutput, shape);
}
