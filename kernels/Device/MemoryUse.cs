namespace IlgpuCxr.Kernels.Device;

/// <summary>Counts a device's memory: what its buffers take now, and took at most.</summary>
internal sealed class MemoryUse
{
    private long bytes;

    /// <summary>The most bytes that were taken at a time.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Forgets the most, but for what is taken now.</summary>
    public void ResetPeak() => PeakBytes = bytes;

    /// <summary>Counts bytes that are taken, or with a negative number given back.</summary>
    public void Add(long count)
    {
        bytes += count;
        PeakBytes = Math.Max(PeakBytes, bytes);
    }
}
