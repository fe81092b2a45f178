using ILGPU;

namespace IlgpuCxr.Kernels.Addition;

/// <summary>Addition as the simplest possible kernel: one output per index.</summary>
internal static class AdditionNaive
{
    /// <summary>One output.</summary>
    public static void Forward(Index1D index, ArrayView<float> output, ArrayView<float> a, ArrayView<float> b) =>
        output[index] = a[index] + b[index];
}
