using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// Two-dimensional convolution; <see cref="ConvolutionShape"/> has the formula, <see cref="ConvolutionReference"/> the
/// definition.
/// </summary>
/// <remarks>
/// In bf16 each tensor may be of singles or of bfloat16, the activation that masks a gradient of the gradient's type.
/// See PyTorch's
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html">conv2d</see>.
/// </remarks>
public static class Convolution
{
    /// <summary><c>output = act(input ⋆ weights + bias)</c>, act the identity or ReLU.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output"><c>[N, P, Q, K]</c></param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="weights"><c>[K, R, S, C]</c></param>
    /// <param name="bias"><c>[K]</c>, or empty for none.</param>
    /// <param name="relu">Whether ReLU follows; it then costs no trip to memory.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// Something has another size than the shape says, or an element type that the algorithm does not take; or the
    /// shape has no outputs.
    /// </exception>
    /// <exception cref="DeviceException">
    /// An algorithm is forced that the device cannot run, or there are more weights than kernels count.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void Forward(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, ArrayView<float> bias, bool relu,
        in ConvolutionShape shape) =>
        ComputeForward(device, output, input, weights, bias, relu, statistics: false, shape);

    /// <summary>
    /// <see cref="Forward"/> without bias and ReLU, before a batch norm in training: where it costs little,
    /// <paramref name="output"/> then carries the statistics that this batch norm needs.
    /// </summary>
    /// <remarks>
    /// On a GPU, where one group sums up the whole of a result, the group also writes the mean and the squared
    /// differences of its block tile, and batch norm need not read the output for them. The forward pass of every
    /// operator that writes over the output drops them; nothing else may write to it in between.
    /// </remarks>
    /// <param name="device">Where to compute.</param>
    /// <param name="output"><c>[N, P, Q, K]</c></param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="weights"><c>[K, R, S, C]</c></param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// Something has another size than the shape says, or an element type that the algorithm does not take; or the
    /// shape has no outputs.
    /// </exception>
    /// <exception cref="DeviceException">
    /// An algorithm is forced that the device cannot run, or there are more weights than kernels count.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void ForwardForBatchNorm(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, in ConvolutionShape shape) =>
        ComputeForward(
            device, output, input, weights, bias: default, relu: false,
            statistics: BatchNorm.BatchNorm.TakesStatistics(device), shape);

    private static void ComputeForward(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, ArrayView<float> bias, bool relu,
        bool statistics, in ConvolutionShape shape)
    {
        shape.Require();
        Sizes.Require(output, shape.Output);
        Sizes.Require(input, shape.Input);
        weights.Require(device, shape.Weights.Count);
        Sizes.RequireOrEmpty(device, bias, shape.K);
        ConvolutionAlgorithm algorithm = Choose(device, shape);
        RequireTypes(algorithm, input, output);
        using var timing = device.Timings.Measure(
            "convolution forward", shape, algorithm, shape.Flops, shape.Bytes(input.ElementType, output.ElementType));
        output.DropStatistics();
        ConvolutionPasses.Of(algorithm).Forward(device, output, input, weights, bias, relu, statistics, shape);
    }

    /// <summary>
    /// <c>gradInput = ∂loss/∂input</c>, or <c>gradInput += ∂loss/∂input</c> where paths join; 0 where the ReLU before
    /// this layer gave 0.
    /// </summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput"><c>[N, H, W, C]</c></param>
    /// <param name="gradOutput"><c>[N, P, Q, K]</c></param>
    /// <param name="weights"><c>[K, R, S, C]</c></param>
    /// <param name="accumulate">Whether to add to what <paramref name="gradInput"/> holds.</param>
    /// <param name="activation">
    /// The input, where it is what a ReLU gave, to have that ReLU's gradient instead: 0 where the input is not above 0;
    /// null otherwise.
    /// </param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// Something has another size than the shape says, or an element type that the algorithm does not take; or the
    /// shape has no outputs.
    /// </exception>
    /// <exception cref="DeviceException">
    /// An algorithm is forced that the device cannot run, or there are more weights than kernels count.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, LayerWeights weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape)
    {
        shape.Require();
        Sizes.Require(gradInput, shape.Input);
        Sizes.Require(gradOutput, shape.Output);
        weights.Require(device, shape.Weights.Count);
        Sizes.Require(activation, shape.Input);
        ConvolutionAlgorithm algorithm = Choose(device, shape);
        RequireTypes(algorithm, gradInput, gradOutput);
        Sizes.RequireType(activation, gradInput.ElementType);
        using var timing = device.Timings.Measure(
            "convolution backward data", shape, algorithm, shape.Flops,
            shape.Bytes(gradInput.ElementType, gradOutput.ElementType));
        ConvolutionPasses.Of(algorithm).BackwardData(
            device, gradInput, gradOutput, weights, accumulate, activation, shape);
    }

    /// <summary><c>gradWeights = ∂loss/∂weights</c> and <c>gradBias = ∂loss/∂bias</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradWeights"><c>[K, R, S, C]</c></param>
    /// <param name="gradBias"><c>[K]</c>, or empty for none.</param>
    /// <param name="gradOutput"><c>[N, P, Q, K]</c></param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// Something has another size than the shape says, or an element type that the algorithm does not take; the bias's
    /// gradient begins within four floats, beside bfloat16; or the shape has no outputs.
    /// </exception>
    /// <exception cref="DeviceException">
    /// An algorithm is forced that the device cannot run, or there are more weights than kernels count.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, ArrayView<float> gradBias, Tensor gradOutput, Tensor input,
        in ConvolutionShape shape)
    {
        shape.Require();
        Sizes.Require(device, gradWeights, shape.Weights.Count);
        Sizes.RequireOrEmpty(device, gradBias, shape.K);
        Sizes.Require(gradOutput, shape.Output);
        Sizes.Require(input, shape.Input);
        ConvolutionAlgorithm algorithm = Choose(device, shape);
        RequireTypes(algorithm, input, gradOutput);
        if (gradOutput.IsBFloat16)
            Quads.RequireAligned(gradBias);
        using var timing = device.Timings.Measure(
            "convolution backward weights", shape, algorithm, shape.Flops,
            shape.Bytes(input.ElementType, gradOutput.ElementType));
        ConvolutionPasses.Of(algorithm).BackwardWeights(device, gradWeights, gradOutput, input, shape);
        if (gradBias.Length > 0)
            BiasGradient.Compute(device, gradBias, gradOutput, algorithm, shape);
    }

    /// <summary>
    /// The one place that chooses: on a CPU Winograd or the widest vectors, by the costs that
    /// <see cref="VectorChoice.Best"/> counts; on a GPU block tiles, on tensor cores as the device's precision says,
    /// and in single precision Winograd where <see cref="TiledWinogradChoice.Saves"/>.
    /// </summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="DeviceException">The user forces an algorithm that the device cannot run.</exception>
    public static ConvolutionAlgorithm Choose(ComputeDevice device, in ConvolutionShape shape)
    {
        ConvolutionAlgorithm algorithm = device.Forced<ConvolutionAlgorithm>() ?? (device.Kind, device.Precision) switch
        {
            (DeviceKind.Cpu, _) => VectorChoice.Best(shape),
            (_, Precision.Tf32) => ConvolutionAlgorithm.Tf32,
            (_, Precision.Bf16) => ConvolutionAlgorithm.Bf16,
            _ when TiledWinogradChoice.Fits(shape)
                && TiledWinogradChoice.Saves(shape, device.Forced<TileAlgorithm>()) =>
                ConvolutionAlgorithm.TiledWinograd4,
            _ => ConvolutionAlgorithm.Tiled,
        };
        return algorithm switch
        {
            _ when device.Kind == DeviceKind.Cpu && !VectorChoice.Fits(shape) => ConvolutionAlgorithm.Naive,
            ConvolutionAlgorithm.Winograd2 or ConvolutionAlgorithm.Winograd4 when !shape.FitsWinograd =>
                VectorChoice.Widest,
            ConvolutionAlgorithm.TiledWinograd4 when !TiledWinogradChoice.Fits(shape) =>
                ConvolutionAlgorithm.Tiled,
            ConvolutionAlgorithm.WarpgroupTf32 when !ConvolutionTiledPasses.HasQuads(shape) =>
                ConvolutionAlgorithm.Tf32,
            _ => algorithm,
        };
    }

    /// <summary>
    /// What a layer makes a convolution's output: bfloat16 where the algorithm multiplies it and the output's channels
    /// are a multiple of 8.
    /// </summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="DeviceException">The user forces an algorithm that the device cannot run.</exception>
    public static ElementType OutputType(ComputeDevice device, in ConvolutionShape shape) =>
        Choose(device, shape).IsOfBFloat16() && ElementType.BFloat16.Allows(shape.Output)
            ? ElementType.BFloat16
            : ElementType.Single;

    /// <summary>Requires singles of what is not computed in bf16.</summary>
    private static void RequireTypes(
        ConvolutionAlgorithm algorithm, Tensor input, Tensor output,
        [CallerArgumentExpression(nameof(input))] string inputName = "",
        [CallerArgumentExpression(nameof(output))] string outputName = "")
    {
        if (algorithm.IsOfBFloat16())
            return;
        Sizes.RequireType(input, ElementType.Single, inputName);
        Sizes.RequireType(output, ElementType.Single, outputName);
    }
}
