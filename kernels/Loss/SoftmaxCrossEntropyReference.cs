namespace IlgpuCxr.Kernels.Loss;

/// <summary>Softmax and cross entropy, written down literally in double precision.</summary>
/// <remarks>
/// <code>
/// softmax[n, c] = exp(logits[n, c]) / Σ j exp(logits[n, j])
/// loss = -1/N Σ n ln softmax[n, targets[n]]
/// gradLogits[n, c] = (softmax[n, c] - [c = targets[n]]) / N
/// </code>
/// </remarks>
public static class SoftmaxCrossEntropyReference
{
    /// <summary>The loss and its gradient.</summary>
    /// <param name="loss"><c>[1]</c>, the mean over the batch.</param>
    /// <param name="gradLogits"><c>[N, C]</c></param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets"><c>[N]</c>, from 0 to C - 1.</param>
    /// <param name="shape">The sizes.</param>
    public static void Forward(
        Span<double> loss, Span<double> gradLogits, ReadOnlySpan<double> logits, ReadOnlySpan<int> targets,
        in LossShape shape)
    {
        loss[0] = 0;
        for (int n = 0; n < shape.N; n++)
        {
            ReadOnlySpan<double> row = logits.Slice(n * shape.C, shape.C);
            // Softmax does not change when all logits of a row move together; with the greatest at 0 no exponential
            // overflows.
            double maximum = double.NegativeInfinity, sum = 0;
            foreach (double logit in row)
                maximum = Math.Max(maximum, logit);
            foreach (double logit in row)
                sum += Math.Exp(logit - maximum);
            loss[0] += (Math.Log(sum) + maximum - row[targets[n]]) / shape.N;
            for (int c = 0; c < shape.C; c++)
                gradLogits[n * shape.C + c] = (Math.Exp(row[c] - maximum) / sum - (c == targets[n] ? 1 : 0)) / shape.N;
        }
    }
}
