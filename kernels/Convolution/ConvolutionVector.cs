using System.Runtime.Intrinsics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The convolution on the CPU's vector units, one instance a vector width.</summary>
internal abstract class ConvolutionVector
{
    private static readonly ConvolutionVector Wide128 = new ConvolutionVector<Vector128<float>, Vector128Math>();
    private static readonly ConvolutionVector Wide256 = new ConvolutionVector<Vector256<float>, Vector256Math>();
    private static readonly ConvolutionVector Wide512 = new ConvolutionVector<Vector512<float>, Vector512Math>();

    /// <summary>The widest algorithm that this processor computes in hardware.</summary>
    public static ConvolutionAlgorithm Widest =>
        Vector512.IsHardwareAccelerated ? ConvolutionAlgorithm.Vector512
        : Vector256.IsHardwareAccelerated ? ConvolutionAlgorithm.Vector256
        : ConvolutionAlgorithm.Vector128;

    /// <summary>The implementation of an algorithm.</summary>
    public static ConvolutionVector Of(ConvolutionAlgorithm algorithm) => algorithm switch
    {
        ConvolutionAlgorithm.Vector512 => Wide512,
        ConvolutionAlgorithm.Vector256 => Wide256,
        _ => Wide128,
    };

    /// <inheritdoc cref="Convolution.Forward"/>
    public abstract void Forward(ComputeDevice device, Tensor output, Tensor input, ArrayView<float> weights, ArrayView<float> bias, in ConvolutionShape shape);

    /// <inheritdoc cref="Convolution.BackwardData"/>
    public abstract void BackwardData(ComputeDevice device, Tensor gradInput, Tensor gradOutput, ArrayView<float> weights, bool accumulate, in ConvolutionShape shape);

    /// <inheritdoc cref="Convolution.BackwardWeights"/>
    public abstract void BackwardWeights(ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape);
}
