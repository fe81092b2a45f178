using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Activation;

/// <summary>ReLU on a GPU: four neighbours per index.</summary>
internal static class ReluQuad
{
    /// <summary>Four outputs.</summary>
    public static void Forward<TElements>(Index1D index, ArrayView<float> output, ArrayView<float> input)
        where TElements : struct, ITensorElements
    {
        Float4 value = TElements.Read(input, index);
        TElements.Write(output, index, Float4.Masked(value, value));
    }

    /// <summary>Four elements of <c>gradInput</c>.</summary>
    public static void Backward<TElements>(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output)
        where TElements : struct, ITensorElements =>
        TElements.Write(
            gradInput, index, Float4.Masked(TElements.Read(gradOutput, index), TElements.Read(output, index)));
}
