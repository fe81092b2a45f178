namespace IlgpuCxr.SelfTest;

/// <summary>What one check of a device found.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="Cases">How many shapes.</param>
/// <param name="Worst">
/// The largest error, in units of <paramref name="Bound"/>'s kind; NaN where a result was no number, or there was an
/// exception.
/// </param>
/// <param name="Bound">The largest error that passes; 0 where results must be equal.</param>
public sealed record SelfCheck(string Name, int Cases, double Worst, double Bound)
{
    /// <summary>How many shapes failed.</summary>
    public int Failed { get; init; }

    /// <summary>The shape with the largest error, or with the exception, and which of its results it was.</summary>
    public string At { get; init; } = "";

    /// <summary>The first exception, whole; null where there was none.</summary>
    public string? Exception { get; init; }

    /// <summary>Whether the device answered no more after that exception, so that nothing else could be checked.</summary>
    public bool LostDevice { get; init; }

    /// <summary>Whether every case passed.</summary>
    public bool Passed => Worst <= Bound;
}
