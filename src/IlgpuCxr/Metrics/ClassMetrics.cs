using IlgpuCxr.Data;

namespace IlgpuCxr.Metrics;

/// <summary>How well one class is told from the rest, with 95 % intervals.</summary>
/// <remarks>
/// Sensitivity, specificity and precision are shares, with Wilson's intervals (<see cref="Estimate.OfShare"/>). Those
/// of F1 and of the area are percentiles of 1000 bootstrap samples, stratified as pROC's (Robin et al. 2011) are by
/// default: each draws as many images with the class and as many without as there are, because how many there are is
/// the data set's design and not chance. An F1 of 0 and an area of 1 come out of every sample the same, as does the F1
/// of a class that is said of every image, so their intervals have no width and are printed as <c>-</c>. An average
/// over few images hides a class that is never found; these numbers do not.
/// </remarks>
/// <param name="Name">The class.</param>
/// <param name="Confusion">Index 0 without, 1 with the class: TN FP; FN TP.</param>
/// <param name="Sensitivity">
/// Of the images of the class, the part predicted to be of it (recall); null where there are none.
/// </param>
/// <param name="Specificity">
/// Of the other images, the part predicted not to be of it; null where there are none.
/// </param>
/// <param name="Precision">
/// Of the images predicted to be of the class, the part that is; null where there are none.
/// </param>
/// <param name="F1">
/// The harmonic mean of precision and sensitivity; null where no image is of the class and none is predicted to be.
/// </param>
/// <param name="RocAuc">
/// The area under the receiver operating characteristic; null where all images are of the class, or none is.
/// </param>
public sealed record ClassMetrics(
    string Name, ConfusionMatrix Confusion, Estimate? Sensitivity, Estimate? Specificity, Estimate? Precision,
    Estimate? F1, Estimate? RocAuc)
{
    private const int Draws = 1000;

    // One stream for all classes: of two classes, which have the same area, the interval must be the same too.
    private const string Stream = "bootstrap";

    /// <summary>The metrics of one class.</summary>
    /// <param name="predictions">What the images are and are predicted to be.</param>
    /// <param name="c">The class's index.</param>
    /// <param name="name">The class's name.</param>
    /// <param name="seed">Seed of the bootstrap: the same gives the same intervals.</param>
    public static ClassMetrics Of(Predictions predictions, int c, string name, long seed)
    {
        bool[] actual = [.. predictions.Labels.Select(label => LabelSet.Has(predictions.Task, label, c))];
        bool[] predicted = [.. predictions.Predicted.Select(label => LabelSet.Has(predictions.Task, label, c))];
        var roc = new RocCurve(predictions.LogOddsOf(c), actual);
        int[] with = [.. Enumerable.Range(0, actual.Length).Where(n => actual[n])];
        int[] without = [.. Enumerable.Range(0, actual.Length).Where(n => !actual[n])];

        var random = SplitMix64.ForName(seed, Stream);
        // In an order that does not depend on which of two classes this is.
        int[][] strata = actual.FirstOrDefault() ? [with, without] : [without, with];
        var times = new int[actual.Length];
        var scores = new double[Draws];
        var areas = new double[Draws];
        for (int draw = 0; draw < Draws; draw++)
        {
            Array.Clear(times);
            var drawn = new ConfusionMatrix(2);
            foreach (int[] stratum in strata)
            {
                for (int i = 0; i < stratum.Length; i++)
                {
                    int n = stratum[random.NextInt(stratum.Length)];
                    times[n]++;
                    drawn.Add(actual[n] ? 1 : 0, predicted[n] ? 1 : 0);
                }
            }
            scores[draw] = drawn.F1(1);
            areas[draw] = roc.Area(times);
        }
        ConfusionMatrix confusion = predictions.ConfusionOf(c);
        long found = confusion[1, 1], said = found + confusion[0, 1];
        return new ClassMetrics(
            name, confusion,
            Estimate.OfShare(found, with.Length), Estimate.OfShare(confusion[0, 0], without.Length),
            Estimate.OfShare(found, said), with.Length + said == 0 ? null : Estimate.Of(confusion.F1(1), scores),
            with.Length == 0 || without.Length == 0 ? null : Estimate.Of(roc.Area(), areas));
    }
}
