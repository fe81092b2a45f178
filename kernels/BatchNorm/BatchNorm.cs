using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// Batch normalisation, with the addition and the ReLU that follow it in a residual block, which then cost no trip to
/// memory; <see cref="BatchNormShape"/> has the formulas, <see cref="BatchNormReference"/> the definition.
/// </summary>
/// <remarks>
/// The tensors of a call are of one element type.
/// See PyTorch's
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html">BatchNorm2d</see>.
/// </remarks>
public static class BatchNorm
{
    /// <summary>Normalises with the statistics of the batch, and updates the running statistics.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output">
    /// <c>[N, H, W, C]</c>; may be <paramref name="input"/> or <paramref name="residual"/>.
    /// </param>
    /// <param name="mean"><c>[C]</c>, saved for the backward pass.</param>
    /// <param name="inverseStd"><c>[C]</c>, saved for the backward pass.</param>
    /// <param name="runningMean"><c>[C]</c>, updated.</param>
    /// <param name="runningVar"><c>[C]</c>, updated with the unbiased variance.</param>
    /// <param name="input">
    /// <c>[N, H, W, C]</c>; what it carries of a convolution's statistics is used and given back.
    /// </param>
    /// <param name="residual"><c>[N, H, W, C]</c>, or null for none.</param>
    /// <param name="weight"><c>[C]</c></param>
    /// <param name="bias"><c>[C]</c></param>
    /// <param name="momentum">Share of the batch in the new running statistics.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// Something has another size than the shape says or another element type than the input, or vectors beside
    /// bfloat16 begin within four floats; or there is only one value per channel, which has no variance.
    /// </exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void ForwardTraining(
        ComputeDevice device, Tensor output, ArrayView<float> mean, ArrayView<float> inverseStd,
        ArrayView<float> runningMean, ArrayView<float> runningVar, Tensor input, Tensor? residual,
        ArrayView<float> weight, ArrayView<float> bias, float momentum, float epsilon, bool relu,
        in BatchNormShape shape)
    {
        Sizes.Require(output, shape.Tensor);
        Sizes.Require(input, shape.Tensor);
        Sizes.Require(residual, shape.Tensor);
        Sizes.RequireType(output, input.ElementType);
        Sizes.RequireType(residual, input.ElementType);
        Sizes.Require(device, mean, shape.C);
        Sizes.Require(device, inverseStd, shape.C);
        Sizes.Require(device, runningMean, shape.C);
        Sizes.Require(device, runningVar, shape.C);
        Sizes.Require(device, weight, shape.C);
        Sizes.Require(device, bias, shape.C);
        if (shape.Pixels < 2)
        {
            throw new ArgumentException(
                $"Batch normalisation in training mode needs more than one value per channel, not {shape}; use a larger batch.",
                nameof(shape));
        }
        BatchNormAlgorithm algorithm = Choose(
            device, input.ElementType, shape, weight, bias, mean, inverseStd, runningMean, runningVar);
        if (algorithm != BatchNormAlgorithm.Quad)
            input.DropStatistics();
        PixelStatistics? statistics = input.TakeStatistics();
        int passes = (statistics is null ? 3 : 2) + (residual is null ? 0 : 1);
        using var timing = device.Timings.Measure(
            "batch norm forward", shape, statistics is null ? algorithm : BatchNormAlgorithm.FusedStatistics,
            7.0 * shape.Tensor.Count, shape.Bytes(passes, input.ElementType));
        var kernels = BatchNormPasses.Of(algorithm, input.ElementType);
        kernels.Statistics(
            device, mean, inverseStd, runningMean, runningVar, input.View, statistics, momentum, epsilon, shape);
        var channels = new BatchNormChannels(mean, inverseStd, weight, bias);
        Normalize(device, kernels, output, input, residual, channels, relu, shape);
    }

    /// <summary>Normalises with the running statistics.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output">
    /// <c>[N, H, W, C]</c>; may be <paramref name="input"/> or <paramref name="residual"/>.
    /// </param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="residual"><c>[N, H, W, C]</c>, or null for none.</param>
    /// <param name="runningMean"><c>[C]</c></param>
    /// <param name="runningVar"><c>[C]</c></param>
    /// <param name="weight"><c>[C]</c></param>
    /// <param name="bias"><c>[C]</c></param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// Something has another size than the shape says or another element type than the input, or vectors beside
    /// bfloat16 begin within four floats.
    /// </exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void ForwardEvaluation(
        ComputeDevice device, Tensor output, Tensor input, Tensor? residual, ArrayView<float> runningMean,
        ArrayView<float> runningVar, ArrayView<float> weight, ArrayView<float> bias, float epsilon, bool relu,
        in BatchNormShape shape)
    {
        Sizes.Require(output, shape.Tensor);
        Sizes.Require(input, shape.Tensor);
        Sizes.Require(residual, shape.Tensor);
        Sizes.RequireType(output, input.ElementType);
        Sizes.RequireType(residual, input.ElementType);
        Sizes.Require(device, runningMean, shape.C);
        Sizes.Require(device, runningVar, shape.C);
        Sizes.Require(device, weight, shape.C);
        Sizes.Require(device, bias, shape.C);
        BatchNormAlgorithm algorithm = Choose(device, input.ElementType, shape, weight, bias, runningMean);
        using var timing = device.Timings.Measure(
            "batch norm evaluation", shape, algorithm, 3.0 * shape.Tensor.Count,
            shape.Bytes(residual is null ? 2 : 3, input.ElementType));
        Tensor inverseStd = device.Arena.Rent(TensorShape.Vector(shape.C));
        device.Launch(BatchNormNaive.InverseStd, shape.C, inverseStd.View, runningVar, epsilon);
        var channels = new BatchNormChannels(runningMean, inverseStd.View, weight, bias);
        Normalize(
            device, BatchNormPasses.Of(algorithm, input.ElementType), output, input, residual, channels, relu, shape);
        inverseStd.Release();
    }

    /// <summary>The gradients of <see cref="ForwardTraining"/>.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput">
    /// <c>[N, H, W, C]</c>; may be <paramref name="gradOutput"/> when there is no <paramref name="gradResidual"/>.
    /// </param>
    /// <param name="gradResidual">
    /// <c>[N, H, W, C]</c>, may be <paramref name="gradOutput"/>; null when there was no residual.
    /// </param>
    /// <param name="gradWeight"><c>[C]</c>, or empty when the weight is frozen.</param>
    /// <param name="gradBias"><c>[C]</c>, or empty when the bias is frozen.</param>
    /// <param name="gradOutput"><c>[N, H, W, C]</c></param>
    /// <param name="output">
    /// What the forward pass gave, where a ReLU followed and a residual was added before; null otherwise, for without
    /// one the input tells where the ReLU gave 0.
    /// </param>
    /// <param name="input">What the forward pass took.</param>
    /// <param name="mean">What the forward pass saved.</param>
    /// <param name="inverseStd">What the forward pass saved.</param>
    /// <param name="weight"><c>[C]</c></param>
    /// <param name="bias"><c>[C]</c></param>
    /// <param name="relu">Whether ReLU followed: the gradient is then 0 where the output is.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// Something has another size than the shape says or another element type than the input, or vectors beside
    /// bfloat16 begin within four floats.
    /// </exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void Backward(
        ComputeDevice device, Tensor gradInput, Tensor? gradResidual, ArrayView<float> gradWeight,
        ArrayView<float> gradBias, Tensor gradOutput, Tensor? output, Tensor input, ArrayView<float> mean,
        ArrayView<float> inverseStd, ArrayView<float> weight, ArrayView<float> bias, bool relu, in BatchNormShape shape)
    {
        Sizes.Require(gradInput, shape.Tensor);
        Sizes.Require(gradResidual, shape.Tensor);
        Sizes.Require(gradOutput, shape.Tensor);
        Sizes.Require(output, shape.Tensor);
        Sizes.Require(input, shape.Tensor);
        Sizes.RequireType(gradInput, input.ElementType);
        Sizes.RequireType(gradResidual, input.ElementType);
        Sizes.RequireType(gradOutput, input.ElementType);
        Sizes.RequireType(output, input.ElementType);
        Sizes.RequireOrEmpty(device, gradWeight, shape.C);
        Sizes.RequireOrEmpty(device, gradBias, shape.C);
        Sizes.Require(device, mean, shape.C);
        Sizes.Require(device, inverseStd, shape.C);
        Sizes.Require(device, weight, shape.C);
        Sizes.Require(device, bias, shape.C);
        BatchNormAlgorithm algorithm = Choose(
            device, input.ElementType, shape, weight, bias, mean, inverseStd, gradWeight, gradBias);
        // Each of the two steps reads the gradient and the input, and the second writes gradInput.
        int passes = (gradResidual, output) switch
        {
            (null, null) => 5,
            // Both read the output too, for the mask.
            (null, not null) => 7,
            // The first writes gradResidual, which the second reads in the gradient's place.
            (not null, null) => 6,
            // The same, and the first reads the output too; what the second reads is masked already.
            (not null, not null) => 7,
        };
        using var timing = device.Timings.Measure(
            "batch norm backward", shape, algorithm, 9.0 * shape.Tensor.Count, shape.Bytes(passes, input.ElementType));
        ArrayView<float> outputView = output is null ? default : output.View;
        ArrayView<float> gradResidualView = gradResidual is null ? default : gradResidual.View;
        var channels = new BatchNormChannels(mean, inverseStd, weight, bias);
        int masks = relu ? 1 : 0;
        Tensor sums = device.Arena.Rent(TensorShape.Matrix(2, shape.C));
        var kernels = BatchNormPasses.Of(algorithm, input.ElementType);
        kernels.GradientSums(
            device, sums.View, gradResidualView, gradWeight, gradBias, gradOutput.View, outputView, input.View,
            channels, masks, shape);
        if (gradResidual is not null)
        {
            // It holds the masked gradient already; with an output at hand the quad kernel would read it all the same.
            gradOutput = gradResidual;
            outputView = default;
            masks = 0;
        }
        kernels.GradInput(
            device, gradInput.View, gradOutput.View, outputView, input.View, channels, masks, sums.View, shape);
        sums.Release();
    }

    /// <summary>Whether the device's batch norm, in training, uses the statistics that an input carries.</summary>
    internal static bool TakesStatistics(ComputeDevice device) => Chosen(device) == BatchNormAlgorithm.FusedStatistics;

    private static void Normalize(
        ComputeDevice device, BatchNormPasses kernels, Tensor output, Tensor input, Tensor? residual,
        BatchNormChannels channels, bool relu, in BatchNormShape shape)
    {
        output.DropStatistics();
        ArrayView<float> residualView = residual is null ? default : residual.View;
        kernels.Normalize(device, output.View, input.View, residualView, channels, relu ? 1 : 0, shape);
    }

    /// <summary>The one place that chooses.</summary>
    private static BatchNormAlgorithm Choose(
        ComputeDevice device, ElementType elementType, in BatchNormShape shape,
        params ReadOnlySpan<ArrayView<float>> channels)
    {
        // Asked for first, because one that the device cannot run is refused whatever the tensors are.
        BatchNormAlgorithm algorithm = Chosen(device);
        if (elementType == ElementType.BFloat16)
        {
            Quads.RequireAligned(channels);
            return BatchNormAlgorithm.Quad;
        }
        // With fused statistics the kernels are the same but for where these come from.
        return algorithm is not (BatchNormAlgorithm.Quad or BatchNormAlgorithm.FusedStatistics) ? algorithm
            : Quads.Allows(shape.C, channels) ? BatchNormAlgorithm.Quad
            : BatchNormAlgorithm.Naive;
    }

    private static BatchNormAlgorithm Chosen(ComputeDevice device) =>
        device.Forced<BatchNormAlgorithm>()
        ?? (device.Kind == DeviceKind.Cpu ? BatchNormAlgorithm.Vector : BatchNormAlgorithm.FusedStatistics);
}
