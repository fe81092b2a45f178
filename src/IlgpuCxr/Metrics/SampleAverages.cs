using System.Numerics;

namespace IlgpuCxr.Metrics;

/// <summary>How well sets of labels are predicted, computed for each image and averaged over the images.</summary>
/// <remarks>
/// <code>
/// Jaccard   = 1/N Σ n |true n ∩ predicted n| / |true n ∪ predicted n|
/// precision = 1/N Σ n |true n ∩ predicted n| / |predicted n|
/// recall    = 1/N Σ n |true n ∩ predicted n| / |true n|
/// F1        = 1/N Σ n 2 |true n ∩ predicted n| / (|true n| + |predicted n|)
/// </code>
/// A quotient whose divisor is 0 is 0, as in scikit-learn's
/// <see href="https://scikit-learn.org/stable/modules/generated/sklearn.metrics.jaccard_score.html">jaccard_score</see>
/// and
/// <see href="https://scikit-learn.org/stable/modules/generated/sklearn.metrics.precision_recall_fscore_support.html">its
/// neighbours</see> with <c>average='samples'</c>. Jaccard is what the study calls accuracy in Part 2.
/// </remarks>
/// <param name="Jaccard">What true and predicted labels share of all either has.</param>
/// <param name="Precision">The share of the predicted labels that is true.</param>
/// <param name="Recall">The share of the true labels that is predicted.</param>
/// <param name="F1">The harmonic mean of the two, of each image.</param>
public readonly record struct SampleAverages(double Jaccard, double Precision, double Recall, double F1)
{
    /// <summary>Computes the averages; all are 0 without images.</summary>
    /// <param name="labels"><c>[N]</c>, each image's <see cref="Data.LabelSet"/>.</param>
    /// <param name="predicted"><c>[N]</c>, what it is predicted to be.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many of one as of the other.</exception>
    public static SampleAverages Of(IReadOnlyList<int> labels, IReadOnlyList<int> predicted)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(predicted.Count, labels.Count);
        double jaccard = 0, precision = 0, recall = 0, f1 = 0;
        for (int n = 0; n < labels.Count; n++)
        {
            int both = Count(labels[n] & predicted[n]);
            jaccard += Quotient(both, Count(labels[n] | predicted[n]));
            precision += Quotient(both, Count(predicted[n]));
            recall += Quotient(both, Count(labels[n]));
            f1 += Quotient(2 * both, Count(labels[n]) + Count(predicted[n]));
        }
        int images = Math.Max(1, labels.Count);
        return new SampleAverages(jaccard / images, precision / images, recall / images, f1 / images);
    }

    private static int Count(int labels) => BitOperations.PopCount((uint)labels);

    private static double Quotient(int dividend, int divisor) => divisor == 0 ? 0 : (double)dividend / divisor;
}
