namespace IlgpuCxr.Kernels.Pooling;

/// <summary>Adaptive average pooling's definition, written down literally in double precision.</summary>
public static class AdaptiveAveragePoolingReference
{
    /// <summary>The mean of each window.</summary>
    /// <param name="output"><c>[N, P, Q, C]</c></param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void Forward(Span<double> output, ReadOnlySpan<double> input, in AdaptiveAveragePoolingShape shape)
    {
        output.Clear();
        foreach (Share share in Shares(shape))
            output[share.Output] += input[share.Input] * share.Weight;
    }

    /// <summary>Each output's gradient in equal shares to the inputs of its window.</summary>
    /// <param name="gradInput"><c>[N, H, W, C]</c></param>
    /// <param name="gradOutput"><c>[N, P, Q, C]</c></param>
    /// <param name="shape">The sizes.</param>
    public static void Backward(
        Span<double> gradInput, ReadOnlySpan<double> gradOutput, in AdaptiveAveragePoolingShape shape)
    {
        gradInput.Clear();
        foreach (Share share in Shares(shape))
            gradInput[share.Input] += gradOutput[share.Output] * share.Weight;
    }

    /// <summary>The flat indices of an input and of an output whose mean it is part of, and the part.</summary>
    private readonly record struct Share(int Output, int Input, double Weight);

    private static IEnumerable<Share> Shares(AdaptiveAveragePoolingShape shape)
    {
        for (int n = 0; n < shape.N; n++)
            for (int p = 0; p < shape.P; p++)
                for (int q = 0; q < shape.Q; q++)
                {
                    int firstRow = (int)Math.Floor((double)p * shape.H / shape.P);
                    int endRow = (int)Math.Ceiling((p + 1.0) * shape.H / shape.P);
                    int firstColumn = (int)Math.Floor((double)q * shape.W / shape.Q);
                    int endColumn = (int)Math.Ceiling((q + 1.0) * shape.W / shape.Q);
                    double weight = 1.0 / ((endRow - firstRow) * (endColumn - firstColumn));
                    for (int h = firstRow; h < endRow; h++)
                        for (int w = firstColumn; w < endColumn; w++)
                            for (int c = 0; c < shape.C; c++)
                            {
                                yield return new Share(
                                    ((n * shape.P + p) * shape.Q + q) * shape.C + c,
                                    ((n * shape.H + h) * shape.W + w) * shape.C + c,
                                    weight);
                            }
                }
    }
}
