using ILGPU;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Gradient centralization, one row per index.</summary>
internal static class GradientCentralizationNaive
{
    /// <summary>A row's mean, taken from it.</summary>
    public static void Step(Index1D row, ArrayView<float> gradients, int length)
    {
        long start = (long)row.X * length;
        float sum = 0;
        for (int i = 0; i < length; i++)
            sum += gradients[start + i];
        float mean = sum / length;
        for (int i = 0; i < length; i++)
            gradients[start + i] -= mean;
    }
}
