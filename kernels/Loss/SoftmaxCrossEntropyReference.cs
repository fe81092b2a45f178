namespace IlgpuCxr.Kernels.Loss;

/// <summary>The definition of softmax cross entropy in double precision.</summary>
/// <remarks>
/// <code>
/// p[n, c] = exp(x[n, c]) / Σ j exp(x[n, j])
/// loss = - 1/N Σ n log p[n, target[n]]
/// ∂loss/∂x[n, c] = (p[n, c] - [c = target[n]]) / N
/// </code>
/// The largest logit is subtracted first, which changes nothing but keeps every exponential at most 1.
/// </remarks>
public static class SoftmaxCrossEntropyReference
{
    /// <summary>The mean loss, and its gradient.</summary>
    /// <param name="gradLogits"><c>[N, C]</c></param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets"><c>[N]</c> class indices.</param>
    /// <param name="shape">The sizes.</param>
    public static double Forward(Span<double> gradLogits, ReadOnlySpan<double> logits, ReadOnlySpan<int> targets, in LossShape shape)
    {
        double loss = 0;
        for (int n = 0; n < shape.N; n++)
        {
            double largest = double.NegativeInfinity, sum = 0;
            for (int c = 0; c < shape.C; c++)
                largest = Math.Max(largest, logits[n * shape.C + c]);
            for (int c = 0; c < shape.C; c++)
                sum += Math.Exp(logits[n * shape.C + c] - largest);
            for (int c = 0; c < shape.C; c++)
            {
                double probability = Math.Exp(logits[n * shape.C + c] - largest) / sum;
                gradLogits[n * shape.C + c] = (probability - (c == targets[n] ? 1 : 0)) / shape.N;
            }
            loss += Math.Log(sum) - (logits[n * shape.C + targets[n]] - largest);
        }
        return loss / shape.N;
    }
}
