namespace IlgpuCxr.Metrics;

/// <summary>A number measured on a sample of images, and where it would lie on most other samples.</summary>
/// <param name="Value">The number.</param>
/// <param name="Lower">The lower end of its 95 % interval.</param>
/// <param name="Upper">The upper end.</param>
public readonly record struct Estimate(double Value, double Lower, double Upper)
{
    private const double LowerTail = 0.025;

    // The 97.5th percentile of the normal distribution.
    private const double Deviations = 1.959963984540054;

    /// <summary>
    /// Whether the interval has a width. It is not printed where it has none: it would tell that chance has no part in
    /// the number.
    /// </summary>
    public bool HasWidth => Lower < Upper;

    /// <summary>
    /// The interval of Wilson (1927) for a share, which has a width also where nothing or everything is counted (Brown,
    /// Cai and DasGupta 2001).
    /// </summary>
    /// <remarks>
    /// <code>
    /// p = counted / all        (p + z² / 2n ± z √(p (1 - p) / n + z² / 4n²)) / (1 + z² / n)        n = all, z = 1.96
    /// </code>
    /// </remarks>
    /// <param name="counted">How many were counted.</param>
    /// <param name="all">Of how many.</param>
    /// <returns>Null where there are none to count among.</returns>
    public static Estimate? OfShare(long counted, long all)
    {
        if (all == 0)
            return null;
        double share = (double)counted / all, square = Deviations * Deviations / all;
        double center = (share + square / 2) / (1 + square);
        double reach = Math.Sqrt(square * (share * (1 - share) + square / 4)) / (1 + square);
        // Rounding must not leave an end on the wrong side of the share.
        return new Estimate(share, Math.Clamp(center - reach, 0, share), Math.Clamp(center + reach, share, 1));
    }

    /// <summary>
    /// The percentile interval of bootstrap draws (Efron 1979), quantiles by linear interpolation as in
    /// <c>numpy.quantile</c>.
    /// </summary>
    /// <param name="value">The number on the sample itself.</param>
    /// <param name="draws">The number on each resampled sample, at least one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no draw.</exception>
    public static Estimate Of(double value, IReadOnlyList<double> draws)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(draws.Count, 1);
        double[] sorted = [.. draws.Order()];
        return new Estimate(value, Quantile(sorted, LowerTail), Quantile(sorted, 1 - LowerTail));
    }

    private static double Quantile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
