using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Dropout;

/// <summary>
/// Sets a random part of the values to zero in training; <see cref="DropoutMask"/> has the formula,
/// <see cref="DropoutReference"/> the definition.
/// </summary>
public static class Dropout
{
    /// <summary><c>output = kept ? input / (1 - rate) : 0</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output">Any shape; may be <paramref name="input"/>.</param>
    /// <param name="input">As many elements, of the same type.</param>
    /// <param name="mask">Which values are kept.</param>
    /// <param name="step"><c>[1]</c>, number of the training step.</param>
    /// <exception cref="ArgumentException">The tensors have different sizes or element types.</exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Forward(
        ComputeDevice device, Tensor output, Tensor input, in DropoutMask mask, ArrayView<int> step) =>
        Apply("dropout forward", device, output, input, mask, step);

    /// <summary><c>gradInput = kept ? gradOutput / (1 - rate) : 0</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput">Any shape; may be <paramref name="gradOutput"/>.</param>
    /// <param name="gradOutput">As many elements, of the same type.</param>
    /// <param name="mask">The forward pass's.</param>
    /// <param name="step">The forward pass's.</param>
    /// <exception cref="ArgumentException">The tensors have different sizes or element types.</exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Backward(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, in DropoutMask mask, ArrayView<int> step) =>
        Apply("dropout backward", device, gradInput, gradOutput, mask, step);

    /// <summary>Begins a training step, after what was launched before.</summary>
    /// <param name="device">Where the number is.</param>
    /// <param name="step"><c>[1]</c>, receives the number.</param>
    /// <param name="number">The step's number.</param>
    public static void SetStep(ComputeDevice device, ArrayView<int> step, int number) =>
        device.Launch(DropoutNaive.SetStep, 1, step, number);

    private static void Apply(
        string name, ComputeDevice device, Tensor output, Tensor input, in DropoutMask mask, ArrayView<int> step)
    {
        Sizes.Require(output, input.Shape);
        Sizes.RequireType(output, input.ElementType);
        DropoutAlgorithm algorithm = Choose(device, input);
        long count = input.Shape.Count;
        using var timing = device.Timings.Measure(
            name, input.Shape, algorithm, count, 2.0 * input.ElementType.Size() * count);
        output.DropStatistics();
        var factors = new DropoutFactors(mask);
        if (algorithm == DropoutAlgorithm.Quad)
            device.Launch(
                input.IsBFloat16 ? DropoutQuad.Forward<BFloat16Elements> : DropoutQuad.Forward<SingleElements>,
                (int)(count / 4), output.View, input.View, factors, step);
        else
            device.Launch(DropoutNaive.Forward, (int)((count + 3) / 4), output.View, input.View, factors, step);
    }

    /// <summary>The one place that chooses.</summary>
    private static DropoutAlgorithm Choose(ComputeDevice device, Tensor tensor)
    {
        DropoutAlgorithm algorithm = device.Forced<DropoutAlgorithm>()
            ?? (device.Kind == DeviceKind.Cpu ? DropoutAlgorithm.Naive : DropoutAlgorithm.Quad);
        return tensor.IsBFloat16 ? DropoutAlgorithm.Quad
            : algorithm == DropoutAlgorithm.Quad && !Quads.Allows(tensor.Shape.Count) ? DropoutAlgorithm.Naive
            : algorithm;
    }
}
