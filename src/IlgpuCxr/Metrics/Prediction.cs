using IlgpuCxr.Data;

namespace IlgpuCxr.Metrics;

/// <summary>From a network's output to probabilities and classes.</summary>
public static class Prediction
{
    /// <summary>A label is predicted where its probability is greater than this, as the study rounds probabilities.</summary>
    public const double Threshold = 0.5;

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

    /// <summary>The probability of each class: softmax where an image has one class, the logistic function where it has several labels.</summary>
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

    /// <summary>Whether a prediction or a label says that an image is of a class.</summary>
    /// <param name="task">What the label means.</param>
    /// <param name="label">The index of a class, or a <see cref="LabelSet"/>.</param>
    /// <param name="c">The class.</param>
    public static bool Says(ClassificationTask task, int label, int c) => task == ClassificationTask.Binary ? label == c : LabelSet.Has(label, c);
}
