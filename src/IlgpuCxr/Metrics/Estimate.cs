namespace IlgpuCxr.Metrics;

/// <summary>A number measured on a sample of images, and where it would lie on most other samples.</summary>
/// <param name="Value">The number.</param>
/// <param name="Lower">The 2.5th percentile of its bootstrap distribution.</param>
/// <param name="Upper">The 97.5th percentile.</param>
public readonly record struct Estimate(double Value, double Lower, double Upper)
{
    private const double LowerTail = 0.025;

    /// <summary>The percentile interval of bootstrap draws (Efron 1979), quantiles by linear interpolation as in <c>numpy.quantile</c>.</summary>
    /// <param name="value">The number on the sample itself.</param>
    /// <param name="draws">The number on each resampled sample, at least one.</param>
    public static Estimate Of(double value, IReadOnlyList<double> draws)
    {
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
