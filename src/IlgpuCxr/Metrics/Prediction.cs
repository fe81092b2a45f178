using IlgpuCxr.Data;

namespace IlgpuCxr.Metrics;

/// <summary>From a network's output to probabilities and classes.</summary>
public static class Prediction
{
    /// <summary>
    /// A label is predicted where its probability is greater than this, as the study rounds probabilities.
    /// </summary>
    public const double Threshold = 0.5;

    /// <summary>
    /// The class with the largest logit, the first of several; NaN counts as largest, as in <c>torch.argmax</c>.
    /// </summary>
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

    /// <summary>
    /// The probability of each class: softmax where an image has one class, the logistic function where it has several
    /// labels.
    /// </summary>
    /// <param name="task">Which of the two.</param>
    /// <param name="logits"><c>[C]</c>, an image's.</param>
    public static double[] Probabilities(ClassificationTask task, ReadOnlySpan<float> logits)
    {
        var probabilities = new double[logits.Length];
        if (task == ClassificationTask.MultiLabel)
        {
            for (int c = 0; c < logits.Length; c++)
                probabilities[c] = 1 / (1 + Math.Exp(-logits[c]));
            return probabilities;
        }
        // With the largest at 0 no exponential overflows; softmax does not change when all logits move together.
        double largest = logits[ArgMax(logits)], sum = 0;
        for (int c = 0; c < logits.Length; c++)
            sum += probabilities[c] = Math.Exp(logits[c] - largest);
        for (int c = 0; c < logits.Length; c++)
            probabilities[c] /= sum;
        return probabilities;
    }

    /// <summary>
    /// How much speaks for each class, <c>log p / (1 - p)</c>: it tells images apart whose probabilities are both 1 as
    /// near as a number can say.
    /// </summary>
    /// <remarks>
    /// The logit itself where an image has several labels; the logit less the others' <c>log Σ exp</c> where it has one
    /// class.
    /// </remarks>
    /// <param name="task">Which of the two.</param>
    /// <param name="logits"><c>[C]</c>, an image's.</param>
    public static double[] LogOdds(ClassificationTask task, ReadOnlySpan<float> logits)
    {
        var logOdds = new double[logits.Length];
        for (int c = 0; c < logits.Length; c++)
            logOdds[c] = task == ClassificationTask.MultiLabel ? logits[c] : logits[c] - LogSumOfOthers(logits, c);
        return logOdds;
    }

    /// <summary>What is predicted: the index of a class, or a <see cref="LabelSet"/>.</summary>
    /// <param name="task">Which of the two.</param>
    /// <param name="logits"><c>[C]</c>, an image's.</param>
    public static int Label(ClassificationTask task, ReadOnlySpan<float> logits)
    {
        if (task == ClassificationTask.Binary)
            return ArgMax(logits);
        double[] probabilities = Probabilities(task, logits);
        return LabelSet.Of([.. Enumerable.Range(0, probabilities.Length).Where(c => probabilities[c] > Threshold)]);
    }

    private static double LogSumOfOthers(ReadOnlySpan<float> logits, int c)
    {
        double largest = double.NegativeInfinity, sum = 0;
        for (int other = 0; other < logits.Length; other++)
            largest = other == c ? largest : Math.Max(largest, logits[other]);
        for (int other = 0; other < logits.Length; other++)
            sum += other == c ? 0 : Math.Exp(logits[other] - largest);
        return largest + Math.Log(sum);
    }
}
