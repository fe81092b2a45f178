using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// Values for checks: the same in every run, and exactly representable in single precision, so that reference and
/// kernels see the same.
/// </summary>
public static class CheckValues
{
    /// <summary>Values from <paramref name="offset"/> - 1 to <paramref name="offset"/> + 1.</summary>
    public static double[] Uniform(long count, int seed, float offset = 0)
    {
        var random = new Random(seed);
        var values = new double[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = offset + random.NextSingle() * 2 - 1;
        return values;
    }

    /// <summary>
    /// Different values, at least 1/8 from each other and from 0, in random order: no ties and no kinks for central
    /// differences.
    /// </summary>
    public static double[] Lattice(long count, int seed)
    {
        double[] values = [.. Enumerable.Range(0, (int)count).Select(i => (i - count / 2 + 0.5) / 4)];
        new Random(seed).Shuffle(values);
        return values;
    }

    /// <summary>
    /// Integers from -3 to 3, which every precision holds exactly; sums of their products below 2^24 are exact in any
    /// order.
    /// </summary>
    public static double[] Integers(long count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)count).Select(_ => (double)random.Next(-3, 4))];
    }

    /// <summary>The nearest values that elements of a type hold.</summary>
    public static double[] Round(double[] values, ElementType elements) =>
        Array.ConvertAll(values, value => (double)elements.Round((float)value));

    /// <summary>Zeros and ones.</summary>
    public static double[] Labels(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (double)random.Next(2))];
    }
}
