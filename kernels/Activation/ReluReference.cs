namespace IlgpuCxr.Kernels.Activation;

/// <summary>ReLU's definition, written down literally in double precision.</summary>
public static class ReluReference
{
    /// <summary><c>output = max(input, 0)</c>; a NaN stays.</summary>
    /// <param name="output">As long as <paramref name="input"/>.</param>
    /// <param name="input">Any shape.</param>
    public static void Forward(Span<double> output, ReadOnlySpan<double> input)
    {
        for (int i = 0; i < input.Length; i++)
            output[i] = input[i] <= 0 ? 0 : input[i];
    }

    /// <summary>
    /// <c>gradInput = gradOutput</c> where <c>output &gt; 0</c>, else 0: at the kink the derivative is taken as 0, as
    /// PyTorch does.
    /// </summary>
    /// <param name="gradInput">As long as <paramref name="output"/>.</param>
    /// <param name="gradOutput">As long as <paramref name="output"/>.</param>
    /// <param name="output">What <see cref="Forward"/> gave.</param>
    public static void Backward(Span<double> gradInput, ReadOnlySpan<double> gradOutput, ReadOnlySpan<double> output)
    {
        for (int i = 0; i < output.Length; i++)
            gradInput[i] = output[i] <= 0 ? 0 : gradOutput[i];
    }
}
