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
        ConvolutionAlgorithm.Vector128 => new ConvolutionRegisterTilePasses<Vector128<float>, Vector128Math>(),
        ConvolutionAlgorithm.Vector256 => new ConvolutionRegisterTilePasses<Vector256<float>, Vector256Math>(),
        ConvolutionAlgorithm.Vector512 => new ConvolutionRegisterTilePasses<Vector512<float>, Vector512Math>(),
        ConvolutionAlgorithm.Winograd2 => WinogradOf(VectorChoice.Widest, 2),
        ConvolutionAlgorithm.Winograd4 => WinogradOf(VectorChoice.Widest, 4),
        ConvolutionAlgorithm.TiledWinograd4 => new ConvolutionTiledWinogradPasses(),
        ConvolutionAlgorithm.Bf16 => new ConvolutionBFloat16Passes(byWarpgroups: false),
        ConvolutionAlgorithm.WarpgroupBf16 => new ConvolutionBFloat16Passes(byWarpgroups: true),
        _ => new ConvolutionTiledPasses(algorithm),
    };

    /// <summary>Winograd's algorithm with the vectors of an algorithm.</summary>
    /// <param name="width">One of the vector algorithms.</param>
    /// <param name="outputs">Outputs in a row of a Winograd tile, 2 or 4.</param>
    public static ConvolutionPasses WinogradOf(ConvolutionAlgorithm width, int outputs) => width switch
    {
        ConvolutionAlgorithm.Vector512 => WinogradOf<Vector512<float>, Vector512Math>(outputs),
        ConvolutionAlgorithm.Vector256 => WinogradOf<Vector256<float>, Vector256Math>(outputs),
        _ => WinogradOf<Vector128<float>, Vector128Math>(outputs),
    };

    private static ConvolutionPasses WinogradOf<TVector, TMath>(int outputs)
        where TVector : struct
        where TMath : struct, IVectorMath<TVector> =>
        outputs == 2
            ? new ConvolutionWinogradPasses<TVector, TMath, Winograd2<TVector, TMath>>()
            : new ConvolutionWinogradPasses<TVector, TMath, Winograd4<TVector, TMath>>();

    /// <summary><see cref="Convolution.Forward"/> and <see cref="Convolution.ForwardForBatchNorm"/>.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output"><c>[N, P, Q, K]</c></param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="weights"><c>[K, R, S, C]</c></param>
    /// <param name="bias"><c>[K]</c>, or empty for none, as with statistics.</param>
    /// <param name="relu">Whether ReLU follows, which it does not with statistics.</param>
    /// <param name="statistics">Whether the output's are wanted, where they cost little.</param>
    /// <param name="shape">The sizes.</param>
    public abstract void Forward(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, ArrayView<float> bias, bool relu,
        bool statistics, in ConvolutionShape shape);

    /// <inheritdoc cref="Convolution.BackwardData"/>
    public abstract void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, LayerWeights weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape);

    /// <summary>
    /// The weights' part of <see cref="Convolution.BackwardWeights"/>; <see cref="BiasGradient"/> is the other.
    /// </summary>
    public abstract void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape);
}
