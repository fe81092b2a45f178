namespace IlgpuCxr.Kernels.Linear;

/// <summary>The linear layer's definition, written down literally in double precision.</summary>
public static class LinearReference
{
    /// <summary><c>output = input · weightsᵀ + bias</c></summary>
    /// <param name="output"><c>[N, Out]</c></param>
    /// <param name="input"><c>[N, In]</c></param>
    /// <param name="weights"><c>[Out, In]</c></param>
    /// <param name="bias"><c>[Out]</c>, or empty for none.</param>
    /// <param name="shape">The sizes.</param>
    public static void Forward(
        Span<double> output, ReadOnlySpan<double> input, ReadOnlySpan<double> weights, ReadOnlySpan<double> bias,
        in LinearShape shape)
    {
        for (int n = 0; n < shape.N; n++)
            for (int k = 0; k < shape.Out; k++)
            {
                double sum = bias.IsEmpty ? 0 : bias[k];
                for (int c = 0; c < shape.In; c++)
                    sum += input[n * shape.In + c] * weights[k * shape.In + c];
                output[n * shape.Out + k] = sum;
            }
    }

    /// <summary><c>gradInput = gradOutput · weights</c></summary>
    /// <param name="gradInput"><c>[N, In]</c></param>
    /// <param name="gradOutput"><c>[N, Out]</c></param>
    /// <param name="weights"><c>[Out, In]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void BackwardData(
        Span<double> gradInput, ReadOnlySpan<double> gradOutput, ReadOnlySpan<double> weights, in LinearShape shape)
    {
        gradInput.Clear();
        for (int n = 0; n < shape.N; n++)
            for (int k = 0; k < shape.Out; k++)
                for (int c = 0; c < shape.In; c++)
                    gradInput[n * shape.In + c] += gradOutput[n * shape.Out + k] * weights[k * shape.In + c];
    }

    /// <summary><c>gradWeights = gradOutputᵀ · input</c> and <c>gradBias[k] = Σ n gradOutput[n, k]</c></summary>
    /// <param name="gradWeights"><c>[Out, In]</c></param>
    /// <param name="gradBias"><c>[Out]</c>, or empty for none.</param>
    /// <param name="gradOutput"><c>[N, Out]</c></param>
    /// <param name="input"><c>[N, In]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void BackwardWeights(
        Span<double> gradWeights, Span<double> gradBias, ReadOnlySpan<double> gradOutput, ReadOnlySpan<double> input,
        in LinearShape shape)
    {
        gradWeights.Clear();
        gradBias.Clear();
        for (int n = 0; n < shape.N; n++)
            for (int k = 0; k < shape.Out; k++)
            {
                double gradient = gradOutput[n * shape.Out + k];
                if (!gradBias.IsEmpty)
                    gradBias[k] += gradient;
                for (int c = 0; c < shape.In; c++)
                    gradWeights[k * shape.In + c] += gradient * input[n * shape.In + c];
            }
    }
}
