using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Conversions between element types: four neighbours per index.</summary>
internal static class ElementQuad
{
    /// <summary>Four elements of bfloat16 as singles.</summary>
    public static void Widen(Index1D index, ArrayView<float> output, ArrayView<float> input) =>
        SingleElements.Write(output, index, BFloat16Elements.Read(input, index));

    /// <summary>Four singles as bfloat16.</summary>
    public static void Round(Index1D index, ArrayView<float> output, ArrayView<float> input) =>
        BFloat16Elements.Write(output, index, SingleElements.Read(input, index));
}
