namespace IlgpuCxr.Metrics;

/// <summary>
/// The receiver operating characteristic of scores: how well they put positive images above negative ones.
/// </summary>
/// <remarks>
/// The area under the curve is the probability that a positive image has a higher score than a negative one, ties
/// counting half: the statistic of Mann and Whitney (1947) with midranks, divided by the number of pairs (Hanley and
/// McNeil 1982).
/// <code>
/// area = 1 / (P N) Σ i positive Σ j negative  [score i > score j] + ½ [score i = score j]
/// </code>
/// Images are sorted once, so that the areas of many resampled samples take one pass each.
/// </remarks>
public sealed class RocCurve
{
    private readonly bool[] positive;
    private readonly int[] order;
    private readonly bool[] startsGroup;

    /// <summary>Sorts the images.</summary>
    /// <param name="scores"><c>[N]</c></param>
    /// <param name="positive"><c>[N]</c>, whether each image is positive.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many of one as of the other.</exception>
    public RocCurve(IReadOnlyList<double> scores, bool[] positive)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(positive.Length, scores.Count);
        this.positive = positive;
        order = [.. Enumerable.Range(0, scores.Count).OrderBy(n => scores[n])];
        startsGroup = [.. order.Select((n, place) => place == 0 || scores[n] != scores[order[place - 1]])];
    }

    /// <summary>The area under the curve, or NaN where all images are positive or all negative.</summary>
    public double Area() => Area([.. Enumerable.Repeat(1, positive.Length)]);

    /// <summary>The area where images occur several times or not at all.</summary>
    /// <param name="times"><c>[N]</c>, how often each occurs.</param>
    public double Area(ReadOnlySpan<int> times)
    {
        // Of images of the same score, half of the negative ones count as below.
        long negativesBelow = 0, negatives = 0, positives = 0, groupPositives = 0, groupNegatives = 0;
        double pairs = 0;
        for (int place = 0; place <= order.Length; place++)
        {
            if (place == order.Length || startsGroup[place])
            {
                pairs += groupPositives * (negativesBelow + groupNegatives / 2.0);
                negativesBelow += groupNegatives;
                (groupPositives, groupNegatives) = (0, 0);
            }
            if (place == order.Length)
                break;
            int n = order[place];
            if (positive[n])
                (positives, groupPositives) = (positives + times[n], groupPositives + times[n]);
            else
                (negatives, groupNegatives) = (negatives + times[n], groupNegatives + times[n]);
        }
        return pairs / ((double)positives * negatives);
    }
}
