using ILGPU;

namespace IlgpuCxr.Kernels.Linear;

/// <summary>The linear layer as the simplest possible kernels: one output an index.</summary>
internal static class LinearNaive
{
    /// <summary>One element of <c>output = input weightsᵀ + bias</c>.</summary>
    public static void Forward(Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> weights, ArrayView<float> bias, LinearShape shape)
    {
        int o = index % shape.Out, n = index / shape.Out;
        float sum = bias[o];
        for (int i = 0; i < shape.In; i++)
            sum += input[n * shape.In + i] * weights[o * shape.In + i];
        output[index] = sum;
    }

    /// <summary>One element of <c>gradInput = gradOutput weights</c>.</summary>
    public static void BackwardData(Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> weights, LinearShape shape)
    {
        int i = index % shape.In, n = index / shape.In;
        float sum = 0;
        for (int o = 0; o < shape.Out; o++)
            sum += gradOutput[n * shape.Out + o] * weights[o * shape.In + i];
        gradInput[index] = sum;
    }

    /// <summary>One element of <c>gradWeights = gradOutputᵀ input</c>.</summary>
    public static void BackwardWeights(Index1D index, ArrayView<float> gradWeights, ArrayView<float> gradOutput, ArrayView<float> input, LinearShape shape)
    {
        int i = index % shape.In, o = index / shape.In;
        float sum = 0;
        for (int n = 0; n < shape.N; n++)
            sum += gradOutput[n * shape.Out + o] * input[n * shape.In + i];
        gradWeights[index] = sum;
    }

    /// <summary>One element of <c>gradBias = Σ n gradOutput[n]</c>.</summary>
    public static void BackwardBias(Index1D index, ArrayView<float> gradBias, ArrayView<float> gradOutput, LinearShape shape)
    {
        float sum = 0;
        for (int n = 0; n < shape.N; n++)
            sum += gradOutput[n * shape.Out + index];
        gradBias[index] = sum;
    }
}
