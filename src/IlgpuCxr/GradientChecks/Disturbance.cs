namespace IlgpuCxr.GradientChecks;

/// <summary>
/// Moves every result of an operator up or down by its whole rounding bound, by lot, which shows what single precision
/// may do to a network of such operators.
/// </summary>
/// <remarks>
/// Bounds cannot be multiplied up through a network: the worst case of each layer never meets that of the next, and
/// after ten layers the product would let anything pass. Running the network with disturbed results measures how they
/// really add up (Monte Carlo arithmetic; Parker, Pierce and Eggert, "Monte Carlo arithmetic: how to gamble with
/// floating point and win", 2000).
/// </remarks>
/// <param name="seed">Decides up or down; 0 leaves everything as it is.</param>
internal sealed class Disturbance(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>The values, moved.</summary>
    /// <param name="values">The values.</param>
    /// <param name="bounds">How far to move each; not asked for where nothing is moved.</param>
    public double[] Apply(double[] values, Func<double[]> bounds)
    {
        if (seed == 0)
            return values;
        return [.. values.Zip(bounds(), (value, bound) => random.Next(2) == 0 ? value + bound : value - bound)];
    }
}
