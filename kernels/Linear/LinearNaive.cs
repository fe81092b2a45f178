using ILGPU;

namespace IlgpuCxr.Kernels.Linear;

/// <summary>The linear layer as the simplest possible kernels: one output per index.</summary>
internal static class LinearNaive
{
    /// <summary>Terms of a partial sum; sums of sums keep the rounding error of thousands of features small.</summary>
    private const int PartialTerms = 64;

    /// <summary>One output of <c>output = input · weightsᵀ + bias</c>.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> weights, ArrayView<float> bias,
        LinearShape shape)
    {
        int k = index % shape.Out, n = index / shape.Out;
        float sum = bias.Length > 0 ? bias[k] : 0;
        for (int start = 0; start < shape.In; start += PartialTerms)
        {
            float partial = 0;
            for (int c = start; c < Math.Min(start + PartialTerms, shape.In); c++)
                partial += input[n * shape.In + c] * weights[k * shape.In + c];
            sum += partial;
        }
        output[index] = sum;
    }

    /// <summary>One element of <c>gradInput = gradOutput · weights</c>.</summary>
    public static void BackwardData(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> weights,
        LinearShape shape)
    {
        int c = index % shape.In, n = index / shape.In;
        float sum = 0;
        for (int start = 0; start < shape.Out; start += PartialTerms)
        {
            float partial = 0;
            for (int k = start; k < Math.Min(start + PartialTerms, shape.Out); k++)
                partial += gradOutput[n * shape.Out + k] * weights[k * shape.In + c];
            sum += partial;
        }
        gradInput[index] = sum;
    }

    /// <summary>One element of <c>gradWeights = gradOutputᵀ · input</c>.</summary>
    public static void BackwardWeights(
        Index1D index, ArrayView<float> gradWeights, ArrayView<float> gradOutput, ArrayView<float> input,
        LinearShape shape)
    {
        int c = index % shape.In, k = index / shape.In;
        float sum = 0;
        for (int n = 0; n < shape.N; n++)
            sum += gradOutput[n * shape.Out + k] * input[n * shape.In + c];
        gradWeights[index] = sum;
    }

    /// <summary>One element of <c>gradBias</c>: the sum of its column.</summary>
    public static void BackwardBias(
        Index1D k, ArrayView<float> gradBias, ArrayView<float> gradOutput, LinearShape shape)
    {
        float sum = 0;
        for (int n = 0; n < shape.N; n++)
            sum += gradOutput[n * shape.Out + k];
        gradBias[k] = sum;
    }
}
