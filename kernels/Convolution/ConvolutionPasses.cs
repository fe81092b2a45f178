using System.Runtime.Intrinsics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// What an implementation of the convolution computes; <see cref="Convolution"/> has checked the sizes and chosen it.
/// </summary>
internal abstract class ConvolutionPasses
{
    private static readonly ConvolutionPasses[] Implementations =
        [.. Enum.GetValues<ConvolutionAlgorithm>().Select(Create)];

    /// <summary>The implementation of an algorithm.</summary>
    public static ConvolutionPasses Of(ConvolutionAlgorithm algorithm) => Implementations[(int)algorithm];

    private static ConvolutionPasses Create(ConvolutionAlgorithm algorithm) => algorithm switch
    {
        ConvolutionAlgorithm.Naive => new ConvolutionNaivePasses(),
        ConvolutionAlgorithm.Vector128 => new ConvolutionRegisterTiles<Vector128<float>, Vector128Math>(),
        ConvolutionAlgorithm.Vector256 => new ConvolutionRegisterTiles<Vector256<float>, Vector256Math>(),
        ConvolutionAlgorithm.Vector512 => new ConvolutionRegisterTiles<Vector512<float>, Vector512Math>(),
        ConvolutionAlgorithm.Winograd2 => ConvolutionVector.WinogradOf(VectorChoice.Widest, 2),
        ConvolutionAlgorithm.Winograd4 => ConvolutionVector.WinogradOf(VectorChoice.Widest, 4),
        ConvolutionAlgorithm.TiledWinograd4 => new ConvolutionTiledWinograd(),
        ConvolutionAlgorithm.Bf16 => new ConvolutionBFloat16(byWarpgroups: false),
        ConvolutionAlgorithm.WarpgroupBf16 => new ConvolutionBFloat16(byWarpgroups: true),
        _ => new ConvolutionTiled(algorithm),
    };

    /// <inheritdoc cref="Convolution.Forward"/>
    public abstract void Forward(
        ComputeDevice device, Tensor output, Tensor input, ArrayView<float> weights, ArrayView<float> bias, bool relu,
        in ConvolutionShape shape);

    /// <inheritdoc cref="Convolution.ForwardForBatchNorm"/>
    public virtual void ForwardForBatchNorm(
        ComputeDevice device, Tensor output, Tensor input, ArrayView<float> weights, in ConvolutionShape shape) =>
        Forward(device, output, input, weights, bias: default, relu: false, shape);

    /// <inheritdoc cref="Convolution.BackwardData"/>
    public abstract void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, ArrayView<float> weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape);

    /// <summary>The weights' part of <see cref="Convolution.BackwardWeights"/>.</summary>
    public abstract void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape);

    /// <summary>The bias's part of <see cref="Convolution.BackwardWeights"/>.</summary>
    public abstract void BackwardBias(
        ComputeDevice device, ArrayView<float> gradBias, Tensor gradOutput, in ConvolutionShape shape);
}
