namespace IlgpuCxr.Kernels.Activation;

/// <summary>The ReLU's definition in double precision.</summary>
public static class ReluReference
{
    /// <summary><c>output = max(0, input)</c></summary>
    /// <param name="output">As long as the input.</param>
    /// <param name="input">Any number of elements.</param>
    public static void Forward(Span<double> output, ReadOnlySpan<double> input)
    {
        for (int i = 0; i < input.Length; i++)
            output[i] = input[i] > 0 ? input[i] : 0;
    }

    /// <summary><c>gradInput = gradOutput</c> where the output is positive, else 0; at the kink the derivative is 0, as in PyTorch.</summary>
    /// <param name="gradInput">As long as the output.</param>
    /// <param name="gradOutput">As long as the output.</param>
    /// <param name="output">The forward pass's output.</param>
    public static void Backward(Span<double> gradInput, ReadOnlySpan<double> gradOutput, ReadOnlySpan<double> output)
    {
        for (int i = 0; i < output.Length; i++)
            gradInput[i] = output[i] > 0 ? gradOutput[i] : 0;
    }
}
