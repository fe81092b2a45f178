using IlgpuCxr.Data;

namespace IlgpuCxr.Metrics;

/// <summary>How well one class is told from the rest, with 95 % intervals.</summary>
/// <remarks>
/// Intervals are percentiles of 1000 bootstrap samples. They are stratified, as pROC's (Robin et al. 2011) are by default: each draws as many
/// images with the class and as many without as there are, because how many there are is the data set's design and not chance. An average
/// over few images hides a class that is never found; these numbers do not.
/// </remarks>
/// <param name="Name">The class.</param>
/// <param name="Confusion">Index 0 without, 1 with the class: TN FP; FN TP.</param>
/// <param name="Sensitivity">Of the images of the class, the part predicted to be of it (recall).</param>
/// <param name="Specificity">Of the other images, the part predicted not to be of it.</param>
/// <param name="Precision">Of the images predicted to be of the class, the part that is.</param>
/// <param name="F1">The harmonic mean of precision and sensitivity.</param>
/// <param name="RocAuc">The area under the receiver operating characteristic; null where all images are of the class, or none is.</param>
public sealed record ClassMetrics(
    string Name, ConfusionMatrix Confusion, Estimate Sensitivity, Estimate Specificity, Estimate Precision, Estimate F1, Estimate? RocAuc)
{
    private const int Draws = 1000;

    /// <summary>The metrics of one class.</summary>
    /// <param name="predictions">What the images are and are predicted to be.</param>
    /// <param name="c">The class's index.</param>
    /// <param name="name">The class's name.</param>
    /// <param name="seed">Seed of the bootstrap: the same gives the same intervals.</param>
    public static ClassMetrics Of(Predictions predictions, int c, string name, long seed)
    {
        bool[] actual = [.. predictions.Labels.Select(label => Prediction.Says(predictions.Task, label, c))];
        bool[] predicted = [.. predictions.Predicted.Select(label => Prediction.Says(predictions.Task, label, c))];
        var roc = new RocCurve(predictions.ProbabilitiesOf(c), actual);
        int[] with = [.. Enumerable.Range(0, actual.Length).Where(n => actual[n])], without = [.. Enumerable.Range(0, actual.Length).Where(n => !actual[n])];

        var random = SplitMix64.ForName(seed, name);
        var times = new int[actual.Length];
        var matrices = new ConfusionMatrix[Draws];
        var areas = new double[Draws];
        for (int draw = 0; draw < Draws; draw++)
        {
            Array.Clear(times);
            matrices[draw] = new ConfusionMatrix(2);
            foreach (int[] stratum in (ReadOnlySpan<int[]>)[with, without])
            {
                for (int i = 0; i < stratum.Length; i++)
                {
                    int n = stratum[random.NextInt(stratum.Length)];
                    times[n]++;
                    matrices[draw].Add(actual[n] ? 1 : 0, predicted[n] ? 1 : 0);
                }
            }
            areas[draw] = roc.Area(times);
        }
        ConfusionMatrix confusion = predictions.ConfusionOf(c);
        Estimate Of(Func<ConfusionMatrix, double> metric) => Estimate.Of(metric(confusion), [.. matrices.Select(metric)]);
        return new ClassMetrics(
            name, confusion, Of(m => m.Recall(1)), Of(m => m.Recall(0)), Of(m => m.Precision(1)), Of(m => m.F1(1)),
            with.Length == 0 || without.Length == 0 ? null : Estimate.Of(roc.Area(), areas));
    }
}
