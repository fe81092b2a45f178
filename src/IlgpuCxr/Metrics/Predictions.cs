using IlgpuCxr.Data;

namespace IlgpuCxr.Metrics;

/// <summary>What a network says about a set of images whose classes are known.</summary>
public sealed class Predictions
{
    private readonly double[][] logOdds;
    private readonly int[] labels;
    private readonly int[] predicted;

    /// <summary>Takes a network's output.</summary>
    /// <param name="task">One class an image, or several labels.</param>
    /// <param name="classes">Number of classes, <c>C</c>.</param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="labels"><c>[N]</c>, the index of each image's class or its <see cref="LabelSet"/>.</param>
    /// <exception cref="ArgumentException">There are not so many logits.</exception>
    public Predictions(ClassificationTask task, int classes, ReadOnlySpan<float> logits, ReadOnlySpan<int> labels)
    {
        if (logits.Length != labels.Length * classes)
            throw new ArgumentException(
                $"{labels.Length} labels of {classes} classes need {labels.Length * classes} logits, not {logits.Length}.",
                nameof(logits));
        Task = task;
        Classes = classes;
        this.labels = labels.ToArray();
        logOdds = new double[labels.Length][];
        predicted = new int[labels.Length];
        for (int n = 0; n < labels.Length; n++)
        {
            ReadOnlySpan<float> row = logits.Slice(n * classes, classes);
            logOdds[n] = Prediction.LogOdds(task, row);
            predicted[n] = Prediction.Label(task, row);
        }
    }

    /// <summary>One class an image, or several labels.</summary>
    public ClassificationTask Task { get; }

    /// <summary>Number of classes, <c>C</c>.</summary>
    public int Classes { get; }

    /// <summary>What each image is: the index of its class, or its <see cref="LabelSet"/>.</summary>
    public IReadOnlyList<int> Labels => labels;

    /// <summary>What each image is predicted to be.</summary>
    public IReadOnlyList<int> Predicted => predicted;

    /// <summary>How much speaks for a class, of every image (<see cref="Prediction.LogOdds"/>).</summary>
    /// <param name="c">The class.</param>
    public double[] LogOddsOf(int c) => [.. logOdds.Select(row => row[c])];

    /// <summary>Of one class an image: a matrix of all classes.</summary>
    /// <exception cref="IndexOutOfRangeException">A label is no class.</exception>
    public ConfusionMatrix Confusion()
    {
        var matrix = new ConfusionMatrix(Classes);
        for (int n = 0; n < labels.Length; n++)
            matrix.Add(labels[n], predicted[n]);
        return matrix;
    }

    /// <summary>
    /// A class against the rest: index 0 is without, 1 with it, so that the matrix reads TN FP; FN TP.
    /// </summary>
    /// <param name="c">The class.</param>
    public ConfusionMatrix ConfusionOf(int c)
    {
        var matrix = new ConfusionMatrix(2);
        for (int n = 0; n < labels.Length; n++)
            matrix.Add(LabelSet.Has(Task, labels[n], c) ? 1 : 0, LabelSet.Has(Task, predicted[n], c) ? 1 : 0);
        return matrix;
    }
}
