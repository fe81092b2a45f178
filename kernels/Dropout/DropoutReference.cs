namespace IlgpuCxr.Kernels.Dropout;

/// <summary>
/// Dropout's definition (Srivastava et al. 2014, JMLR 15), written down literally in double precision.
/// </summary>
/// <remarks>
/// <see cref="DropoutMask"/> has the formula; see also PyTorch's
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html">Dropout</see>.
/// </remarks>
public static class DropoutReference
{
    /// <summary><c>output = kept ? input / (1 - rate) : 0</c></summary>
    /// <param name="output">As long as <paramref name="input"/>.</param>
    /// <param name="input">Any shape.</param>
    /// <param name="mask">Which values are kept.</param>
    /// <param name="step">Number of the training step.</param>
    public static void Forward(Span<double> output, ReadOnlySpan<double> input, in DropoutMask mask, int step)
    {
        for (int i = 0; i < input.Length; i++)
            output[i] = IsKept(i, mask, step) ? input[i] / (1 - (double)mask.Rate) : 0;
    }

    /// <summary>
    /// <c>gradInput = kept ? gradOutput / (1 - rate) : 0</c>: the derivative of a product with a constant.
    /// </summary>
    /// <param name="gradInput">As long as <paramref name="gradOutput"/>.</param>
    /// <param name="gradOutput">Any shape.</param>
    /// <param name="mask">The forward pass's.</param>
    /// <param name="step">The forward pass's.</param>
    public static void Backward(
        Span<double> gradInput, ReadOnlySpan<double> gradOutput, in DropoutMask mask, int step) =>
        Forward(gradInput, gradOutput, mask, step);

    private static bool IsKept(int i, in DropoutMask mask, int step) =>
        DropoutMask.Words(mask.Key, i / 4, step).Word(i % 4) >= mask.Rate * 4294967296.0;
}
