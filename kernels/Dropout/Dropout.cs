using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Dropout;

/// <summary>Sets a random part of the values to zero in training; <see cref="DropoutMask"/> has the formula, <see cref="DropoutReference"/> the definition.</summary>
public static class Dropout
{
    /// <summary><c>output = kept ? input / (1 - rate) : 0</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output">Any shape; may be <paramref name="input"/>.</param>
    /// <param name="input">As many elements.</param>
    /// <param name="mask">Which values are kept.</param>
    public static void Forward(ComputeDevice device, Tensor output, Tensor input, in DropoutMask mask) => Apply("dropout forward", device, output, input, mask);

    /// <summary><c>gradInput = kept ? gradOutput / (1 - rate) : 0</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput">Any shape; may be <paramref name="gradOutput"/>.</param>
    /// <param name="gradOutput">As many elements.</param>
    /// <param name="mask">The forward pass's.</param>
    public static void Backward(ComputeDevice device, Tensor gradInput, Tensor gradOutput, in DropoutMask mask) => Apply("dropout backward", device, gradInput, gradOutput, mask);

    private static void Apply(string name, ComputeDevice device, Tensor output, Tensor input, in DropoutMask mask)
    {
        long count = input.Shape.Count;
        using var timing = device.Timings.Measure(name, input.Shape, DropoutAlgorithm.Naive, count, 2.0 * sizeof(float) * count);
        device.Launch(DropoutNaive.Forward, (int)((count + 3) / 4), output.View, input.View, mask);
    }
}
