namespace IlgpuCxr.Kernels.Loss;

/// <summary>The definition of binary cross entropy with logits in double precision.</summary>
/// <remarks>
/// <code>
/// p = σ(x)
/// loss = - 1/(N C) Σ n,c  (y log p + (1 - y) log(1 - p))  =  1/(N C) Σ n,c  (softplus(x) - x y)
/// ∂loss/∂x = (p - y) / (N C)
/// </code>
/// </remarks>
public static class BinaryCrossEntropyReference
{
    /// <summary>The loss and its gradient.</summary>
    /// <param name="loss"><c>[1]</c>, the mean over batch and classes.</param>
    /// <param name="gradLogits"><c>[N, C]</c></param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets"><c>[N, C]</c>, from 0 to 1.</param>
    /// <param name="shape">The sizes.</param>
    public static void Forward(
        Span<double> loss, Span<double> gradLogits, ReadOnlySpan<double> logits, ReadOnlySpan<double> targets,
        in LossShape shape)
    {
        double sum = 0, count = (double)shape.N * shape.C;
        for (int i = 0; i < logits.Length; i++)
        {
            double x = logits[i], softplus = Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
            sum += softplus - x * targets[i];
            gradLogits[i] = (Math.Exp(x - softplus) - targets[i]) / count;
        }
        loss[0] = sum / count;
    }
}
