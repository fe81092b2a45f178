using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>
/// The end of every loss: the images' losses together, in their order, so that the sum is the same bits each time.
/// </summary>
internal static class LossSum
{
    /// <summary>Launches <see cref="Sum"/>, and releases the images' losses.</summary>
    public static void AddUp(ComputeDevice device, ArrayView<float> loss, Tensor losses)
    {
        device.Launch(Sum, 1, loss, losses.View);
        losses.Release();
    }

    /// <summary>Sums all losses; launched with one index.</summary>
    public static void Sum(Index1D index, ArrayView<float> loss, ArrayView<float> losses)
    {
        float sum = 0;
        for (int n = 0; n < losses.IntLength; n++)
            sum += losses[n];
        loss[index] = sum;
    }
}
