namespace IlgpuCxr.Kernels.Device;

/// <summary>Into how many tasks the CPU's kernels are cut where their sizes do not say.</summary>
internal static class CpuTasks
{
    /// <summary>
    /// Enough for the cores of a large processor; more would mean more partial results to add up. A constant, not a
    /// property of the machine: partial results are cut at tasks, and must be the same everywhere.
    /// </summary>
    public const int Wanted = 64;
}
