namespace IlgpuCxr.Metrics;

/// <summary>From a network's output to a class.</summary>
public static class Prediction
{
    /// <summary>The class with the largest logit, the first of several; NaN counts as largest, as in <c>torch.argmax</c>.</summary>
    /// <param name="logits"><c>[C]</c>, at least one.</param>
    public static int ArgMax(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int c = 1; c < logits.Length; c++)
        {
            if (!float.IsNaN(logits[best]) && !(logits[c] <= logits[best]))
                best = c;
        }
        return best;
    }
}
