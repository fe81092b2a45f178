using ILGPU;

namespace IlgpuCxr.Kernels.Activation;

/// <summary>The ReLU, one element an index.</summary>
internal static class ReluNaive
{
    /// <summary>One element of <c>output = max(0, input)</c>.</summary>
    public static void Forward(Index1D index, ArrayView<float> output, ArrayView<float> input)
    {
        float x = input[index];
        output[index] = x > 0 ? x : 0;
    }

    /// <summary>One element of <c>gradInput</c>.</summary>
    public static void Backward(Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output) =>
        gradInput[index] = output[index] > 0 ? gradOutput[index] : 0;
}
