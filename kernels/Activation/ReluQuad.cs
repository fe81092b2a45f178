using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Activation;

/// <summary>ReLU on a GPU: four neighbours per index.</summary>
internal static class ReluQuad
{
    /// <summary>Four outputs.</summary>
    public static void Forward(Index1D index, ArrayView<float> output, ArrayView<float> input)
    {
        Float4 value = input.Cast<Float4>()[index];
        output.Cast<Float4>()[index] = Float4.Masked(value, value);
    }

    /// <summary>Four elements of <c>gradInput</c>.</summary>
    public static void Backward(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output) =>
        gradInput.Cast<Float4>()[index] = Float4.Masked(gradOutput.Cast<Float4>()[index], output.Cast<Float4>()[index]);
}
