using ILGPU;

namespace IlgpuCxr.Kernels.Activation;

/// <summary>ReLU as the simplest possible kernels: one output per index.</summary>
internal static class ReluNaive
{
    /// <summary>
    /// One output. Not written as a maximum, because a GPU's maximum of a NaN and 0 is 0, and a NaN must be seen.
    /// </summary>
    public static void Forward(Index1D index, ArrayView<float> output, ArrayView<float> input) =>
        output[index] = input[index] <= 0 ? 0 : input[index];

    /// <summary>One element of <c>gradInput</c>.</summary>
    public static void Backward(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output) =>
        gradInput[index] = output[index] <= 0 ? 0 : gradOutput[index];
}
