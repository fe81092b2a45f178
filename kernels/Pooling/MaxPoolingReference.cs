namespace IlgpuCxr.Kernels.Pooling;

/// <summary>Maximum pooling's definition, written down literally in double precision.</summary>
public static class MaxPoolingReference
{
    /// <summary>The maximum of each window, and where it was found.</summary>
    /// <param name="output"><c>[N, P, Q, C]</c></param>
    /// <param name="positions"><c>[N, P, Q, C]</c>: the position <c>r·window + s</c> of each maximum.</param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void Forward(
        Span<double> output, Span<byte> positions, ReadOnlySpan<double> input, in MaxPoolingShape shape)
    {
        output.Fill(double.NegativeInfinity);
        positions.Fill(MaxPoolingShape.NoPosition);
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
                                double value = input[((n * shape.H + h) * shape.W + w) * shape.C + c];
                                // PyTorch's rule: the first maximum, and a NaN wins over everything before it.
                                if (positions[at] != MaxPoolingShape.NoPosition && !(value > output[at])
                                    && !double.IsNaN(value))
                                    continue;
                                output[at] = value;
                                positions[at] = (byte)(r * shape.Window + s);
                            }
                    }
    }

    /// <summary>
    /// Each output's gradient goes to the input that was the maximum: <c>gradInput[n, h, w, c] += gradOutput[n, p, q,
    /// c]</c> with <c>h = p·stride - padding + r</c> and <c>w = q·stride - padding + s</c>.
    /// </summary>
    /// <param name="gradInput"><c>[N, H, W, C]</c></param>
    /// <param name="gradOutput"><c>[N, P, Q, C]</c></param>
    /// <param name="positions">What <see cref="Forward"/> found.</param>
    /// <param name="shape">The sizes.</param>
    public static void Backward(
        Span<double> gradInput, ReadOnlySpan<double> gradOutput, ReadOnlySpan<byte> positions, in MaxPoolingShape shape)
    {
        gradInput.Clear();
        for (int n = 0; n < shape.N; n++)
            for (int p = 0; p < shape.P; p++)
                for (int q = 0; q < shape.Q; q++)
                    for (int c = 0; c < shape.C; c++)
                    {
                        int at = ((n * shape.P + p) * shape.Q + q) * shape.C + c;
                        int r = positions[at] / shape.Window, s = positions[at] % shape.Window;
                        int h = p * shape.Stride - shape.Padding + r, w = q * shape.Stride - shape.Padding + s;
                        gradInput[((n * shape.H + h) * shape.W + w) * shape.C + c] += gradOutput[at];
                    }
    }
}
