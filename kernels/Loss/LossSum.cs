using ILGPU;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>
/// The end of every loss: the images' losses together, in their order, so that the sum is the same bits each time.
/// </summary>
internal static class LossSum
{
    /// <summary>Sums all losses; launched with one index.</summary>
    public static void Sum(Index1D index, ArrayView<float> loss, ArrayView<float> losses)
    {
        float sum = 0;
        for (int n = 0; n < losses.IntLength; n++)
            sum += losses[n];
        loss[index] = sum;
    }
}
