namespace IlgpuCxr.Kernels.Pooling;

/// <summary>Maximum pooling's definition, written down literally in double precision.</summary>
public static class MaxPoolingReference
{
    /// <summary>The maximum of each window, and where it was found.</summary>
    /// <param name="output"><c>[N, P, Q, C]</c></param>
    /// <param name="indices"><c>[N, P, Q, C]</c>: the input pixel <c>(n·H + h)·W + w</c> of each maximum.</param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void Forward(
        Span<double> output, Span<int> indices, ReadOnlySpan<double> input, in MaxPoolingShape shape)
    {
        output.Fill(double.NegativeInfinity);
        indices.Fill(-1);
        for (int n = 0; n < shape.N; n++)
            for (int p = 0; p < shape.P; p++)
                for (int q = 0; q < shape.Q; q++)
                    for (int c = 0; c < shape.C; c++)
                    {
                        int at = ((n * shape.P + p) * shape.Q + q) * shape.C + c;
                        for (int r = 0; r < shape.Window; r++)
                            for (int s = 0; s < shape.Window; s++)
                            {
                                int h = p * shape.Stride - shape.Padding + r, w = q * shape.Stride - shape.Padding + s;
                                if (h < 0 || h >= shape.H || w < 0 || w >= shape.W)
                                    continue;
                                int pixel = (n * shape.H + h) * shape.W + w;
                                double value = input[pixel * shape.C + c];
                                // PyTorch's rule: the first maximum, and a NaN wins over everything before it.
                                if (indices[at] >= 0 && !(value > output[at]) && !double.IsNaN(value))
                                    continue;
                                output[at] = value;
                                indices[at] = pixel;
                            }
                    }
    }

    /// <summary>
    /// Each output's gradient goes to the input that was the maximum: <c>gradInput[indices[i], c] += gradOutput[i]</c>
    /// </summary>
    /// <param name="gradInput"><c>[N, H, W, C]</c></param>
    /// <param name="gradOutput"><c>[N, P, Q, C]</c></param>
    /// <param name="indices">What <see cref="Forward"/> found.</param>
    /// <param name="shape">The sizes.</param>
    public static void Backward(
        Span<double> gradInput, ReadOnlySpan<double> gradOutput, ReadOnlySpan<int> indices, in MaxPoolingShape shape)
    {
        gradInput.Clear();
        for (int i = 0; i < gradOutput.Length; i++)
            gradInput[indices[i] * shape.C + i % shape.C] += gradOutput[i];
    }
}
