namespace IlgpuCxr.Kernels.Linear;

/// <summary>The linear layer's definition, written down literally in double precision.</summary>
public static class LinearReference
{
    /// <summary><c>output = input weightsᵀ + bias</c></summary>
    /// <param name="output"><c>[N, Out]</c></param>
    /// <param name="input"><c>[N, In]</c></param>
    /// <param name="weights"><c>[Out, In]</c></param>
    /// <param name="bias"><c>[Out]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void Forward(Span<double> output, ReadOnlySpan<double> input, ReadOnlySpan<double> weights, ReadOnlySpan<double> bias, in LinearShape shape)
    {
        for (int n = 0; n < shape.N; n++)
        {
            for (int o = 0; o < shape.Out; o++)
            {
                double sum = bias[o];
                for (int i = 0; i < shape.In; i++)
                    sum += input[n * shape.In + i] * weights[o * shape.In + i];
                output[n * shape.Out + o] = sum;
            }
        }
    }

    /// <summary><c>gradInput = gradOutput weights</c></summary>
    /// <param name="gradInput"><c>[N, In]</c></param>
    /// <param name="gradOutput"><c>[N, Out]</c></param>
    /// <param name="weights"><c>[Out, In]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void BackwardData(Span<double> gradInput, ReadOnlySpan<double> gradOutput, ReadOnlySpan<double> weights, in LinearShape shape)
    {
        for (int n = 0; n < shape.N; n++)
        {
            for (int i = 0; i < shape.In; i++)
            {
                double sum = 0;
                for (int o = 0; o < shape.Out; o++)
                    sum += gradOutput[n * shape.Out + o] * weights[o * shape.In + i];
                gradInput[n * shape.In + i] = sum;
            }
        }
    }

    /// <summary><c>gradWeights = gradOutputᵀ input</c> and <c>gradBias = Σ n gradOutput[n]</c></summary>
    /// <param name="gradWeights"><c>[Out, In]</c></param>
    /// <param name="gradBias"><c>[Out]</c></param>
    /// <param name="gradOutput"><c>[N, Out]</c></param>
    /// <param name="input"><c>[N, In]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void BackwardWeights(Span<double> gradWeights, Span<double> gradBias, ReadOnlySpan<double> gradOutput, ReadOnlySpan<double> input, in LinearShape shape)
    {
        gradWeights.Clear();
        gradBias.Clear();
        for (int n = 0; n < shape.N; n++)
        {
            for (int o = 0; o < shape.Out; o++)
            {
                double gradient = gradOutput[n * shape.Out + o];
                gradBias[o] += gradient;
                for (int i = 0; i < shape.In; i++)
                    gradWeights[o * shape.In + i] += gradient * input[n * shape.In + i];
            }
        }
    }
}
