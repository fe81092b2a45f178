namespace IlgpuCxr.SelfTest;

/// <summary>How far results are from what they should be, and which of them is farthest.</summary>
internal readonly record struct Deviation(double Size, string Result = "")
{
    public static implicit operator Deviation(double size) => new(size);

    /// <summary>The larger of two; a NaN is larger than any number.</summary>
    public static Deviation Larger(Deviation a, Deviation b) => double.IsNaN(a.Size) || a.Size >= b.Size ? a : b;

    /// <summary>
    /// The largest difference of results from what they should be, each relative to its scale; NaN if one is no number.
    /// </summary>
    public static double Error(double[] results, double[] expected, Func<int, double> scale)
    {
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(results[i] - expected[i]);
            // A NaN must win, and a difference of 0 passes whatever the scale.
            worst = error == 0 ? worst : Math.Max(worst, error / scale(i));
        }
        return worst;
    }

    /// <summary>The largest difference relative to the largest value; NaN if one is no number.</summary>
    public static double Relative(double[] results, double[] expected)
    {
        double largest = expected.Max(Math.Abs);
        return Error(results, expected, _ => largest);
    }
}
