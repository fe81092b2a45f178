namespace IlgpuCxr.Tests.Ptx;

/// <summary>One thread of a group: its registers, and where it is in the program.</summary>
internal sealed class PtxThread
{
    /// <summary>
    /// All registers and constants of the program; 32 bits stand in the lower half, a predicate is 0 or 1.
    /// </summary>
    public required ulong[] Registers { get; init; }

    public required int Index { get; init; }

    public required PtxGroup Group { get; init; }

    public int Counter { get; set; }

    /// <summary>Why the thread does not run: it waits for its warp or its group, or is done.</summary>
    public PtxStep Waiting { get; set; }

    /// <summary>
    /// The asynchronous copies begun since the last commit, and the groups committed that nobody has waited for.
    /// </summary>
    public List<PtxCopy> Copies { get; set; } = [];

    public Queue<List<PtxCopy>> Committed { get; } = [];
}

/// <summary>
/// A copy from global to shared memory that is under way: its bytes have been read and not yet been written.
/// </summary>
internal sealed record PtxCopy(uint Destination, byte[] Bytes);
