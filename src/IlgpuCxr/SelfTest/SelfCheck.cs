namespace IlgpuCxr.SelfTest;

/// <summary>What one check of a device found.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="Cases">How many shapes.</param>
/// <param name="Worst">The largest error, in units of <paramref name="Bound"/>'s kind; NaN where a result was no number.</param>
/// <param name="Bound">The largest error that passes; 0 where results must be equal.</param>
public sealed record SelfCheck(string Name, int Cases, double Worst, double Bound)
{
    /// <summary>Whether every case passed.</summary>
    public bool Passed => Worst <= Bound;
}
