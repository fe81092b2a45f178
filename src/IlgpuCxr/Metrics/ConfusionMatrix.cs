namespace IlgpuCxr.Metrics;

/// <summary>How often images of each class were predicted to be of each class.</summary>
/// <remarks>
/// <code>
/// count[a, p]  = number of images of class a (rows: actual) predicted to be of class p (columns: predicted)
/// accuracy     = Σ c count[c, c] / Σ a,p count[a, p]
/// F1(c)        = 2 count[c, c] / (Σ a count[a, c] + Σ p count[c, p])      the harmonic mean of precision and recall of c:
///                of those predicted c, the part that is c; of those that are c, the part predicted c
/// macro F1     = the mean of F1(c) over the classes that some image is of or predicted to be of
/// </code>
/// A quotient whose divisor is 0 is 0, as in scikit-learn's
/// <see href="https://scikit-learn.org/stable/modules/generated/sklearn.metrics.precision_recall_fscore_support.html">metrics</see>.
/// </remarks>
public sealed class ConfusionMatrix
{
    private readonly long[,] counts;

    /// <summary>Creates an empty matrix.</summary>
    /// <param name="classes">Number of classes, <c>C</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no class.</exception>
    public ConfusionMatrix(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        counts = new long[classes, classes];
    }

    /// <summary>Number of classes, <c>C</c>.</summary>
    public int Classes => counts.GetLength(0);

    /// <summary>Number of images counted.</summary>
    public long Total => Sum((_, _) => true);

    /// <summary>The part of all images predicted to be what they are.</summary>
    public double Accuracy => Quotient(Sum((actual, predicted) => actual == predicted), Total);

    /// <summary>
    /// The mean of the classes' F1; a class that no image is of, and none is predicted to be of, has none.
    /// </summary>
    public double MacroF1 =>
        Enumerable.Range(0, Classes).Where(c => Predicted(c) + Actual(c) > 0).Select(F1).DefaultIfEmpty().Average();

    /// <summary>The counts, one array a class as it is.</summary>
    public IReadOnlyList<long[]> Rows =>
        [
            .. Enumerable.Range(0, Classes).Select(
                actual => Enumerable.Range(0, Classes).Select(predicted => counts[actual, predicted]).ToArray())];

    /// <summary>How many images of one class were predicted to be of another, or of the same.</summary>
    /// <param name="actual">What they are.</param>
    /// <param name="predicted">What they were predicted to be.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such class.</exception>
    public long this[int actual, int predicted] => counts[actual, predicted];

    /// <summary>Counts images.</summary>
    /// <param name="actual">What they are.</param>
    /// <param name="predicted">What they were predicted to be.</param>
    /// <param name="images">How many.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such class.</exception>
    public void Add(int actual, int predicted, long images = 1) => counts[actual, predicted] += images;

    /// <summary>The harmonic mean of precision and recall.</summary>
    /// <param name="positive">The class; the study's is 1, normal.</param>
    public double F1(int positive) => Quotient(2 * counts[positive, positive], Predicted(positive) + Actual(positive));

    private long Predicted(int positive) => Sum((_, predicted) => predicted == positive);

    private long Actual(int positive) => Sum((actual, _) => actual == positive);

    private long Sum(Func<int, int, bool> counted)
    {
        long sum = 0;
        for (int actual = 0; actual < Classes; actual++)
        {
            for (int predicted = 0; predicted < Classes; predicted++)
                sum += counted(actual, predicted) ? counts[actual, predicted] : 0;
        }
        return sum;
    }

    private static double Quotient(long dividend, long divisor) => divisor == 0 ? 0 : (double)dividend / divisor;
}
