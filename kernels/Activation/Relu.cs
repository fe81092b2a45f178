using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Activation;

/// <summary>The rectified linear unit, <c>max(0, x)</c>.</summary>
/// <remarks>See PyTorch's <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html">ReLU</see>.</remarks>
public static class Relu
{
    /// <summary><c>output = max(0, input)</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output">Any shape; may be the input itself.</param>
    /// <param name="input">The same shape.</param>
    public static void Forward(ComputeDevice device, Tensor output, Tensor input)
    {
        ReluAlgorithm algorithm = Choose(device);
        using var timing = device.Timings.Measure("relu forward", output.Shape, algorithm, 0, 8.0 * output.Shape.Count);
        if (algorithm == ReluAlgorithm.Vector)
            device.Launch(ReluVector.Forward, Chunks.Of(output.Shape.Count), output.View, input.View);
        else
            device.Launch(ReluNaive.Forward, (int)output.Shape.Count, output.View, input.View);
    }

    /// <summary><c>gradInput = gradOutput</c> where the output is positive, else 0</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradInput">The output's shape; may be the output's gradient itself.</param>
    /// <param name="gradOutput">The output's shape.</param>
    /// <param name="output">The forward pass's output.</param>
    public static void Backward(ComputeDevice device, Tensor gradInput, Tensor gradOutput, Tensor output)
    {
        ReluAlgorithm algorithm = Choose(device);
        using var timing = device.Timings.Measure("relu backward", output.Shape, algorithm, 0, 12.0 * output.Shape.Count);
        if (algorithm == ReluAlgorithm.Vector)
            device.Launch(ReluVector.Backward, Chunks.Of(output.Shape.Count), gradInput.View, gradOutput.View, output.View);
        else
            device.Launch(ReluNaive.Backward, (int)output.Shape.Count, gradInput.View, gradOutput.View, output.View);
    }

    private static ReluAlgorithm Choose(ComputeDevice device) =>
        device.Forced<ReluAlgorithm>() ?? (device.Kind == DeviceKind.Cpu ? ReluAlgorithm.Vector : ReluAlgorithm.Naive);
}
