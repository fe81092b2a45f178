using IlgpuCxr.Data;
using IlgpuCxr.Metrics;

namespace IlgpuCxr.Training;

/// <summary>How a network does on a set of images, in the study's terms.</summary>
public sealed class Evaluation
{
    /// <summary>
    /// The class that F1 is of where an image has one of two: scikit-learn's default positive label 1, the study's
    /// "normal".
    /// </summary>
    public const int PositiveClass = 1;

    /// <summary>Counts what the network gets right.</summary>
    /// <param name="loss">The criterion over all images.</param>
    /// <param name="predictions">What the images are and are predicted to be.</param>
    public Evaluation(double loss, Predictions predictions)
    {
        Loss = loss;
        Predictions = predictions;
        if (predictions.Task == ClassificationTask.Binary)
        {
            ConfusionMatrix matrix = predictions.Confusion();
            Confusion = [matrix];
            (Accuracy, F1) = (100 * matrix.Accuracy, matrix.Classes > 2 ? matrix.MacroF1 : matrix.F1(PositiveClass));
            return;
        }
        Confusion = [.. Enumerable.Range(0, predictions.Classes).Select(predictions.ConfusionOf)];
        var averages = SampleAverages.Of(predictions.Labels, predictions.Predicted);
        (Accuracy, F1, Averages) = (100 * averages.Jaccard, averages.F1, averages);
    }

    /// <summary>The criterion over all images: their mean, or for the summed focal loss their sum.</summary>
    public double Loss { get; }

    /// <summary>What the images are and are predicted to be.</summary>
    public Predictions Predictions { get; }

    /// <summary>
    /// In percent: the share of images whose class was predicted, or of several labels the Jaccard index averaged over
    /// the images.
    /// </summary>
    public double Accuracy { get; }

    /// <summary>
    /// F1 of the class with index 1, of more than two classes the mean of their F1, or of several labels F1 averaged
    /// over the images.
    /// </summary>
    public double F1 { get; }

    /// <summary>Of several labels, all averages over the images; else null.</summary>
    public SampleAverages? Averages { get; }

    /// <summary>
    /// Rows actual, columns predicted: one matrix of all classes, or of several labels one 2x2 matrix a label (TN FP;
    /// FN TP).
    /// </summary>
    public IReadOnlyList<ConfusionMatrix> Confusion { get; }

    /// <summary>Each class against the rest, with bootstrap intervals.</summary>
    /// <param name="classNames">The classes' names, in the order of the logits.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    public IReadOnlyList<ClassMetrics> PerClass(IReadOnlyList<string> classNames, long seed) =>
        [.. classNames.Select((name, c) => ClassMetrics.Of(Predictions, c, name, seed))];
}
