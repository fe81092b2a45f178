using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Activation;

/// <summary>The rectified linear unit; <see cref="ReluReference"/> has the definition.</summary>
/// <remarks>
/// See PyTorch's <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html">ReLU</see>.
/// </remarks>
public static class Relu
{
    /// <summary><c>output = input ≤ 0 ? 0 : input</c>, so that a NaN stays.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output">Any shape; may be <paramref name="input"/>.</param>
    /// <param name="input">As many elements, of the same type.</param>
    /// <exception cref="ArgumentException">The tensors have different sizes or element types.</exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Forward(ComputeDevice device, Tensor output, Tensor input)
    {
        Sizes.Require(output, input.Shape);
        Sizes.RequireType(output, input.ElementType);
        ReluAlgorithm algorithm = Choose(device, input);
        long count = input.Shape.Count;
        using var timing = device.Timings.Measure(
            "relu forward", input.Shape, algorithm, count, 2.0 * input.ElementType.Size() * count);
        output.DropStatistics();
        if (algorithm == ReluAlgorithm.Vector)
            device.Launch(ReluVector.Forward, CpuMemory.Chunks(count), output.View, input.View);
        else if (algorithm == ReluAlgorithm.Quad)
            device.Launch(
                input.IsBFloat16 ? ReluQuad.Forward<BFloat16Elements> : ReluQuad.Forward<SingleElements>,
                (int)(count / 4), output.View, input.View);
        else
            device.Launch(ReluNaive.Forward, (int)count, output.View, input.View);
    }

    /// <summary><c>gradInput = output ≤ 0 ? 0 : gradOutput</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput">Any shape; may be <paramref name="gradOutput"/>.</param>
    /// <param name="gradOutput">As many elements, of the same type.</param>
    /// <param name="output">
    /// What <see cref="Forward"/> gave: it says as much as the input would, and the input need not be kept.
    /// </param>
    /// <exception cref="ArgumentException">The tensors have different sizes or element types.</exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Backward(ComputeDevice device, Tensor gradInput, Tensor gradOutput, Tensor output)
    {
        Sizes.Require(gradInput, output.Shape);
        Sizes.Require(gradOutput, output.Shape);
        Sizes.RequireType(gradInput, output.ElementType);
        Sizes.RequireType(gradOutput, output.ElementType);
        ReluAlgorithm algorithm = Choose(device, output);
        long count = output.Shape.Count;
        using var timing = device.Timings.Measure(
            "relu backward", output.Shape, algorithm, count, 3.0 * output.ElementType.Size() * count);
        if (algorithm == ReluAlgorithm.Vector)
            device.Launch(ReluVector.Backward, CpuMemory.Chunks(count), gradInput.View, gradOutput.View, output.View);
        else if (algorithm == ReluAlgorithm.Quad)
            device.Launch(
                output.IsBFloat16 ? ReluQuad.Backward<BFloat16Elements> : ReluQuad.Backward<SingleElements>,
                (int)(count / 4), gradInput.View, gradOutput.View, output.View);
        else
            device.Launch(ReluNaive.Backward, (int)count, gradInput.View, gradOutput.View, output.View);
    }

    /// <summary>The one place that chooses.</summary>
    private static ReluAlgorithm Choose(ComputeDevice device, Tensor tensor)
    {
        ReluAlgorithm algorithm = device.Forced<ReluAlgorithm>()
            ?? (device.Kind == DeviceKind.Cpu ? ReluAlgorithm.Vector : ReluAlgorithm.Quad);
        return tensor.IsBFloat16 ? ReluAlgorithm.Quad
            : algorithm == ReluAlgorithm.Quad && !Quads.Allows(tensor.Shape.Count) ? ReluAlgorithm.Naive
            : algorithm;
    }
}
