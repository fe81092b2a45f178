using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Addition;

/// <summary>Addition on a GPU: four neighbours per index.</summary>
internal static class AdditionQuad
{
    /// <summary>Four outputs.</summary>
    public static void Forward<TElements>(
        Index1D index, ArrayView<float> output, ArrayView<float> a, ArrayView<float> b)
        where TElements : struct, ITensorElements =>
        TElements.Write(output, index, TElements.Read(a, index) + TElements.Read(b, index));
}
