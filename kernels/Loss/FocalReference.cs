namespace IlgpuCxr.Kernels.Loss;

/// <summary>The definition of the focal loss in double precision (Lin et al. 2017, arXiv:1708.02002).</summary>
/// <remarks>
/// <code>
/// p = σ(x)
/// loss = - Σ n,c  (y α (1 - p)^γ log p + (1 - y) (1 - α) p^γ log(1 - p))
/// ∂loss/∂x = y α (1 - p)^γ (γ p log p - (1 - p)) + (1 - y) (1 - α) p^γ (p - γ (1 - p) log(1 - p))
/// </code>
/// The gradient follows from <c>∂p/∂x = p (1 - p)</c>. With <c>log p = -softplus(-x)</c> and
/// <c>log(1 - p) = -softplus(x)</c>, and powers as exponentials of these, every term is finite for every finite logit.
/// </remarks>
public static class FocalReference
{
    /// <summary>The loss and its gradient.</summary>
    /// <param name="loss"><c>[1]</c>, the sum or the mean over batch and classes.</param>
    /// <param name="gradLogits"><c>[N, C]</c></param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets"><c>[N, C]</c>, 0 or 1.</param>
    /// <param name="options">Alpha, gamma, and whether to average.</param>
    /// <param name="shape">The sizes.</param>
    public static void Forward(
        Span<double> loss, Span<double> gradLogits, ReadOnlySpan<double> logits, ReadOnlySpan<double> targets,
        in FocalOptions options, in LossShape shape)
    {
        double sum = 0, scale = options.Mean ? 1.0 / ((double)shape.N * shape.C) : 1;
        for (int i = 0; i < logits.Length; i++)
        {
            double log1 = -Softplus(-logits[i]), log0 = -Softplus(logits[i]), p = Math.Exp(log1), q = Math.Exp(log0);
            double positive = targets[i] * options.Alpha * Math.Exp(options.Gamma * log0);
            double negative = (1 - targets[i]) * (1 - (double)options.Alpha) * Math.Exp(options.Gamma * log1);
            sum -= positive * log1 + negative * log0;
            gradLogits[i] =
                scale * (positive * (options.Gamma * p * log1 - q) + negative * (p - options.Gamma * q * log0));
        }
        loss[0] = sum * scale;
    }

    private static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
}
