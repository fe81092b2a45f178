using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Addition;

/// <summary>Addition on a GPU: four neighbours per index.</summary>
internal static class AdditionQuad
{
    /// <summary>Four outputs.</summary>
    public static void Forward(Index1D index, ArrayView<float> output, ArrayView<float> a, ArrayView<float> b) =>
        output.Cast<Float4>()[index] = a.Cast<Float4>()[index] + b.Cast<Float4>()[index];
}
