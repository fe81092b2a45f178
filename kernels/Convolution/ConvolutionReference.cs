namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The convolution's definition, written down literally in double precision.</summary>
/// <remarks>
/// Every kernel is checked against this. The backward passes follow from the forward sum: each product
/// <c>input · weight</c> that went into an output sends that output's gradient times <c>weight</c> to the input, and
/// times <c>input</c> to the weight.
/// </remarks>
public static class ConvolutionReference
{
    /// <summary><c>output = input ⋆ weights + bias</c></summary>
    /// <param name="output"><c>[N, P, Q, K]</c></param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="weights"><c>[K, R, S, C]</c></param>
    /// <param name="bias"><c>[K]</c>, or empty for none.</param>
    /// <param name="shape">The sizes.</param>
    public static void Forward(
        Span<double> output, ReadOnlySpan<double> input, ReadOnlySpan<double> weights, ReadOnlySpan<double> bias,
        in ConvolutionShape shape)
    {
        for (int m = 0; m < shape.Output.Pixels; m++)
        {
            for (int k = 0; k < shape.K; k++)
                output[m * shape.K + k] = bias.IsEmpty ? 0 : bias[k];
        }
        foreach (Factors at in Products(shape))
        {
            for (int c = 0; c < shape.C; c++)
                output[at.Output] += input[at.Input + c] * weights[at.Weight + c];
        }
    }

    /// <summary><c>gradInput = ∂loss/∂input</c></summary>
    /// <param name="gradInput"><c>[N, H, W, C]</c></param>
    /// <param name="gradOutput"><c>[N, P, Q, K]</c></param>
    /// <param name="weights"><c>[K, R, S, C]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void BackwardData(
        Span<double> gradInput, ReadOnlySpan<double> gradOutput, ReadOnlySpan<double> weights,
        in ConvolutionShape shape)
    {
        gradInput.Clear();
        foreach (Factors at in Products(shape))
        {
            for (int c = 0; c < shape.C; c++)
                gradInput[at.Input + c] += gradOutput[at.Output] * weights[at.Weight + c];
        }
    }

    /// <summary><c>gradWeights = ∂loss/∂weights</c></summary>
    /// <param name="gradWeights"><c>[K, R, S, C]</c></param>
    /// <param name="gradOutput"><c>[N, P, Q, K]</c></param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void BackwardWeights(
        Span<double> gradWeights, ReadOnlySpan<double> gradOutput, ReadOnlySpan<double> input,
        in ConvolutionShape shape)
    {
        gradWeights.Clear();
        foreach (Factors at in Products(shape))
        {
            for (int c = 0; c < shape.C; c++)
                gradWeights[at.Weight + c] += gradOutput[at.Output] * input[at.Input + c];
        }
    }

    /// <summary><c>gradBias[k] = Σ n,p,q gradOutput[n, p, q, k]</c></summary>
    /// <param name="gradBias"><c>[K]</c></param>
    /// <param name="gradOutput"><c>[N, P, Q, K]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void BackwardBias(Span<double> gradBias, ReadOnlySpan<double> gradOutput, in ConvolutionShape shape)
    {
        gradBias.Clear();
        for (int i = 0; i < gradOutput.Length; i++)
            gradBias[i % shape.K] += gradOutput[i];
    }

    /// <summary>
    /// The flat indices of what one output and one tap multiply: of the output, and of channel 0 of the input and of
    /// the weights.
    /// </summary>
    private readonly record struct Factors(int Output, int Input, int Weight);

    private static IEnumerable<Factors> Products(ConvolutionShape shape)
    {
        for (int n = 0; n < shape.N; n++)
            for (int p = 0; p < shape.P; p++)
                for (int q = 0; q < shape.Q; q++)
                    for (int k = 0; k < shape.K; k++)
                        for (int r = 0; r < shape.R; r++)
                            for (int s = 0; s < shape.S; s++)
                            {
                                int h = p * shape.Stride - shape.Padding + r, w = q * shape.Stride - shape.Padding + s;
                                if (h < 0 || h >= shape.H || w < 0 || w >= shape.W)
                                    continue;
                                yield return new Factors(
                                    ((n * shape.P + p) * shape.Q + q) * shape.K + k,
                                    ((n * shape.H + h) * shape.W + w) * shape.C,
                                    ((k * shape.R + r) * shape.S + s) * shape.C);
                            }
    }
}
