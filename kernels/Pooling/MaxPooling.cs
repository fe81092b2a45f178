using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>
/// Maximum pooling; <see cref="MaxPoolingShape"/> has the formula, <see cref="MaxPoolingReference"/> the definition.
/// </summary>
/// <remarks>
/// See PyTorch's <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html">MaxPool2d</see>.
/// </remarks>
public static class MaxPooling
{
    /// <summary>The maximum of each window; a NaN in the window is its maximum.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output"><c>[N, P, Q, C]</c>, of the input's element type.</param>
    /// <param name="positions">
    /// <see cref="MaxPoolingShape.Positions"/> of singles for <see cref="Backward"/>, each the bits of four bytes of
    /// <c>[N, P, Q, C]</c>: the position <c>r·window + s</c> of the first maximum; null where no backward pass follows.
    /// </param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="isActivation">
    /// Whether the input is what a ReLU gave, to have that ReLU's gradient from <see cref="Backward"/>: windows whose
    /// maximum is not above 0 get the byte 255, which is no position, and no pixel their gradient.
    /// </param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// A tensor has another size than the shape says or another element type, the shape has no outputs, or its windows
    /// are too large.
    /// </exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Forward(
        ComputeDevice device, Tensor output, Tensor? positions, Tensor input, bool isActivation,
        in MaxPoolingShape shape)
    {
        shape.Require();
        Sizes.Require(output, shape.Output);
        Sizes.Require(positions, shape.Positions);
        Sizes.Require(input, shape.Input);
        Sizes.RequireType(output, input.ElementType);
        Sizes.RequireType(positions, ElementType.Single);
        MaxPoolingAlgorithm algorithm = Choose(device, input.ElementType, shape);
        using var timing = device.Timings.Measure(
            "max pooling forward", shape, algorithm, 0, shape.Bytes(input.ElementType, positions is not null));
        output.DropStatistics();
        ArrayView<byte> positionBytes = positions is null ? default : positions.View.Cast<byte>();
        int masks = isActivation ? 1 : 0;
        if (algorithm == MaxPoolingAlgorithm.Vector)
            device.Launch(
                MaxPoolingVector.Forward, shape.N * shape.P, output.View, positionBytes, input.View, masks, shape);
        else if (algorithm == MaxPoolingAlgorithm.Quad)
            device.Launch(
                input.IsBFloat16 ? MaxPoolingQuad.Forward<BFloat16Elements> : MaxPoolingQuad.Forward<SingleElements>,
                (int)(shape.Output.Count / 4), output.View, positionBytes, input.View, masks, shape,
                new QuadGrid(shape.P, shape.Q, shape.C));
        else
            device.Launch(
                MaxPoolingNaive.Forward, (int)shape.Output.Count, output.View, positionBytes, input.View, masks, shape);
    }

    /// <summary><c>gradInput = ∂loss/∂input</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput"><c>[N, H, W, C]</c>, of the element type of <paramref name="gradOutput"/>.</param>
    /// <param name="gradOutput"><c>[N, P, Q, C]</c></param>
    /// <param name="positions">What <see cref="Forward"/> wrote.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// A tensor has another size than the shape says or another element type, the shape has no outputs, or its windows
    /// are too large.
    /// </exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Backward(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, Tensor positions, in MaxPoolingShape shape)
    {
        shape.Require();
        Sizes.Require(gradInput, shape.Input);
        Sizes.Require(gradOutput, shape.Output);
        Sizes.Require(positions, shape.Positions);
        Sizes.RequireType(gradInput, gradOutput.ElementType);
        Sizes.RequireType(positions, ElementType.Single);
        MaxPoolingAlgorithm algorithm = Choose(device, gradOutput.ElementType, shape);
        using var timing = device.Timings.Measure(
            "max pooling backward", shape, algorithm, 0, shape.Bytes(gradOutput.ElementType, hasPositions: true));
        ArrayView<byte> positionBytes = positions.View.Cast<byte>();
        if (algorithm == MaxPoolingAlgorithm.Vector)
            device.Launch(
                MaxPoolingVector.Backward, shape.N * shape.H, gradInput.View, gradOutput.View, positionBytes, shape);
        else if (algorithm == MaxPoolingAlgorithm.Quad)
            device.Launch(
                gradOutput.IsBFloat16
                    ? MaxPoolingQuad.Backward<BFloat16Elements>
                    : MaxPoolingQuad.Backward<SingleElements>,
                (int)(shape.Input.Count / 4), gradInput.View, gradOutput.View, positionBytes, shape,
                new QuadGrid(shape.H, shape.W, shape.C), new FastDivisor(shape.Stride), shape.P, shape.Q);
        else
            device.Launch(
                MaxPoolingNaive.Backward, (int)shape.Input.Count, gradInput.View, gradOutput.View, positionBytes,
                shape);
    }

    /// <summary>The one place that chooses.</summary>
    private static MaxPoolingAlgorithm Choose(
        ComputeDevice device, ElementType elementType, in MaxPoolingShape shape)
    {
        MaxPoolingAlgorithm algorithm = device.Forced<MaxPoolingAlgorithm>()
            ?? (device.Kind == DeviceKind.Cpu ? MaxPoolingAlgorithm.Vector : MaxPoolingAlgorithm.Quad);
        return elementType == ElementType.BFloat16 ? MaxPoolingAlgorithm.Quad
            : algorithm == MaxPoolingAlgorithm.Quad && !Quads.Allows(shape.C) ? MaxPoolingAlgorithm.Naive
            : algorithm;
    }
}
