using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The gradient of a bias on the CPU: slices of the pixels beside each other, then the slices.</summary>
internal static unsafe class BiasVector
{
    /// <summary><c>gradBias[k] = Σ n,p,q gradOutput[n, p, q, k]</c></summary>
    public static void Backward(
        ComputeDevice device, ArrayView<float> gradBias, Tensor gradOutput, in ConvolutionShape shape)
    {
        int slices = Math.Min(CpuTasks.Wanted, shape.Output.Pixels);
        Tensor partial = device.Arena.Rent(TensorShape.Matrix(slices, shape.K));
        device.Launch(SumPixels, slices, partial.View, gradOutput.View, shape.Output.Pixels, shape.K);
        PartialSums.Launch(device, gradBias, partial.View, slices);
        partial.Release();
    }

    /// <summary>Sums a slice of the pixels, channel by channel: <c>partial[slice, channel]</c>.</summary>
    public static void SumPixels(
        Index1D slice, ArrayView<float> partial, ArrayView<float> pixels, int count, int channels)
    {
        int slices = (int)(partial.Length / channels);
        int first = (int)((long)count * slice.X / slices), end = (int)((long)count * (slice.X + 1) / slices);
        float* sum = partial.Pointer() + slice.X * channels;
        new Span<float>(sum, channels).Clear();
        for (int pixel = first; pixel < end; pixel++)
            PartialSums.Add(sum, pixels.Pointer() + (long)pixel * channels, channels);
    }
}
