namespace IlgpuCxr.GradientChecks;

/// <summary>The numeric gradient that analytic ones are compared with.</summary>
public static class CentralDifference
{
    /// <summary>
    /// The cube root of the machine epsilon balances the truncation and the rounding of a central difference; both are
    /// then near its square, 4e-11.
    /// </summary>
    public static readonly double Step = Math.Cbrt(Math.BitIncrement(1.0) - 1);

    /// <summary>
    /// The greatest difference of a gradient from central differences, relative to the greatest of these.
    /// </summary>
    /// <param name="check">
    /// What is differentiated: the projection of its output on <see cref="OperatorCase.GradOutput"/>.
    /// </param>
    /// <param name="operand">With respect to what.</param>
    /// <param name="gradient">The analytic gradient.</param>
    /// <param name="most">Elements to look at; of more, so many drawn at random.</param>
    public static double RelativeError(OperatorCase check, Operand operand, double[] gradient, int most = int.MaxValue)
    {
        double worst = 0, scale = 0;
        foreach (int i in Sample(operand.Values.Length, most))
        {
            double value = operand.Values[i], step = Step * Math.Max(1, Math.Abs(value));
            operand.Values[i] = value + step;
            double above = Loss(check);
            operand.Values[i] = value - step;
            double below = Loss(check);
            operand.Values[i] = value;
            double numeric = (above - below) / (2 * step);
            // The maximum of a NaN and anything is NaN.
            worst = Math.Max(worst, Math.Abs(numeric - gradient[i]));
            scale = Math.Max(scale, Math.Abs(numeric));
        }
        // A gradient that is zero everywhere is right where the differences are too, and has nothing to be relative to.
        return double.IsNaN(worst) ? double.PositiveInfinity : worst == 0 ? 0 : worst / scale;
    }

    private static double Loss(OperatorCase check)
    {
        double[] output = check.Forward();
        double loss = 0;
        for (int i = 0; i < output.Length; i++)
            loss += output[i] * check.GradOutput[i];
        return loss;
    }

    private static int[] Sample(int count, int most)
    {
        int[] all = [.. Enumerable.Range(0, count)];
        if (count <= most)
            return all;
        new Random(count).Shuffle(all);
        return all[..most];
    }
}
