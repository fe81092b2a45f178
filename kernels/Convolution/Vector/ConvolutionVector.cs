using System.Runtime.Intrinsics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The convolution on the CPU's vector units, one instance an algorithm.</summary>
internal abstract class ConvolutionVector
{
    private static readonly ConvolutionVector Wide128 = new ConvolutionRegisterTiles<Vector128<float>, Vector128Math>();
    private static readonly ConvolutionVector Wide256 = new ConvolutionRegisterTiles<Vector256<float>, Vector256Math>();
    private static readonly ConvolutionVector Wide512 = new ConvolutionRegisterTiles<Vector512<float>, Vector512Math>();
    private static readonly ConvolutionVector Winograd2 = WinogradOf(VectorChoice.Widest, 2);
    private static readonly ConvolutionVector Winograd4 = WinogradOf(VectorChoice.Widest, 4);

    /// <summary>The implementation of an algorithm.</summary>
    public static ConvolutionVector Of(ConvolutionAlgorithm algorithm) => algorithm switch
    {
        ConvolutionAlgorithm.Vector512 => Wide512,
        ConvolutionAlgorithm.Vector256 => Wide256,
        ConvolutionAlgorithm.Winograd2 => Winograd2,
        ConvolutionAlgorithm.Winograd4 => Winograd4,
        _ => Wide128,
    };

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

    /// <inheritdoc cref="Convolution.Forward"/>
    public abstract void Forward(
        ComputeDevice device, Tensor output, Tensor input, ArrayView<float> weights, ArrayView<float> bias, bool relu,
        in ConvolutionShape shape);

    /// <inheritdoc cref="Convolution.BackwardData"/>
    public abstract void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, ArrayView<float> weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape);

    /// <inheritdoc cref="Convolution.BackwardWeights"/>
    public abstract void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape);
}
