using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>
/// Adaptive average pooling; <see cref="AdaptiveAveragePoolingShape"/> has the formula,
/// <see cref="AdaptiveAveragePoolingReference"/> the definition.
/// </summary>
/// <remarks>
/// See PyTorch's
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html">AdaptiveAvgPool2d</see>.
/// </remarks>
public static class AdaptiveAveragePooling
{
    /// <summary>The mean of each window.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output"><c>[N, P, Q, C]</c>, of singles, as all that follows.</param>
    /// <param name="input"><c>[N, H, W, C]</c>, of either element type.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// A tensor has another size than the shape says or another element type, or the sizes are too large to count
    /// windows.
    /// </exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Forward(ComputeDevice device, Tensor output, Tensor input, in AdaptiveAveragePoolingShape shape)
    {
        Sizes.Require(output, shape.Output);
        Sizes.Require(input, shape.Input);
        Sizes.RequireType(output, ElementType.Single);
        shape.Require();
        AdaptiveAveragePoolingAlgorithm algorithm = Choose(device, input.ElementType, shape);
        using var timing = device.Timings.Measure(
            "adaptive average pooling forward", shape, algorithm, shape.Flops, shape.Bytes(input.ElementType));
        output.DropStatistics();
        if (algorithm == AdaptiveAveragePoolingAlgorithm.Vector)
            device.Launch(AdaptiveAveragePoolingVector.Forward, shape.Output.Pixels, output.View, input.View, shape);
        else if (algorithm == AdaptiveAveragePoolingAlgorithm.Quad)
            device.Launch(
                input.IsBFloat16
                    ? AdaptiveAveragePoolingQuad.Forward<BFloat16Elements>
                    : AdaptiveAveragePoolingQuad.Forward<SingleElements>,
                (int)(shape.Output.Count / 4), output.View, input.View, shape,
                new QuadGrid(shape.P, shape.Q, shape.C));
        else
            device.Launch(AdaptiveAveragePoolingNaive.Forward, (int)shape.Output.Count, output.View, input.View, shape);
    }

    /// <summary><c>gradInput = ∂loss/∂input</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput"><c>[N, H, W, C]</c>, of either element type.</param>
    /// <param name="gradOutput"><c>[N, P, Q, C]</c>, of singles.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// A tensor has another size than the shape says or another element type, or the sizes are too large to count
    /// windows.
    /// </exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Backward(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, in AdaptiveAveragePoolingShape shape)
    {
        Sizes.Require(gradInput, shape.Input);
        Sizes.Require(gradOutput, shape.Output);
        Sizes.RequireType(gradOutput, ElementType.Single);
        shape.Require();
        AdaptiveAveragePoolingAlgorithm algorithm = Choose(device, gradInput.ElementType, shape);
        using var timing = device.Timings.Measure(
            "adaptive average pooling backward", shape, algorithm, shape.Flops, shape.Bytes(gradInput.ElementType));
        if (algorithm == AdaptiveAveragePoolingAlgorithm.Vector)
            device.Launch(
                AdaptiveAveragePoolingVector.Backward, shape.N * shape.H, gradInput.View, gradOutput.View, shape);
        else if (algorithm == AdaptiveAveragePoolingAlgorithm.Quad)
            device.Launch(
                gradInput.IsBFloat16
                    ? AdaptiveAveragePoolingQuad.Backward<BFloat16Elements>
                    : AdaptiveAveragePoolingQuad.Backward<SingleElements>,
                (int)(shape.Input.Count / 4), gradInput.View, gradOutput.View, shape,
                new QuadGrid(shape.H, shape.W, shape.C));
        else
            device.Launch(
                AdaptiveAveragePoolingNaive.Backward, (int)shape.Input.Count, gradInput.View, gradOutput.View, shape);
    }

    /// <summary>The one place that chooses.</summary>
    private static AdaptiveAveragePoolingAlgorithm Choose(
        ComputeDevice device, ElementType elementType, in AdaptiveAveragePoolingShape shape)
    {
        AdaptiveAveragePoolingAlgorithm algorithm = device.Forced<AdaptiveAveragePoolingAlgorithm>()
            ?? (device.Kind == DeviceKind.Cpu
                ? AdaptiveAveragePoolingAlgorithm.Vector
                : AdaptiveAveragePoolingAlgorithm.Quad);
        return elementType == ElementType.BFloat16 ? AdaptiveAveragePoolingAlgorithm.Quad
            : algorithm == AdaptiveAveragePoolingAlgorithm.Quad && !Quads.Allows(shape.C)
                ? AdaptiveAveragePoolingAlgorithm.Naive
            : algorithm;
    }
}
