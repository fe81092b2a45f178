namespace IlgpuCxr.Tests.Ptx;

/// <summary>Who last read and who last wrote a piece of memory, to tell whether the next does so in order.</summary>
/// <remarks>
/// Time is counted in barriers of a group. What one thread writes another of its group may read or write only after the
/// next barrier, and what one reads another may write only after the next. Threads of two groups know no order at all.
/// </remarks>
internal struct PtxVisits
{
    private const int Nobody = 0, Several = -1;

    private Visit written;
    private Visit read;

    public readonly bool IsWritten => written.Group != Nobody;

    public readonly bool IsLastWrittenBy(PtxThread thread) =>
        (written.Group, written.Thread) == (thread.Group.Index + 1, thread.Index + 1);

    /// <summary>Whether another thread writes it, in no order with this one.</summary>
    public readonly bool IsWrittenBesides(PtxThread thread) => written.Meets(Visit.Of(thread));

    /// <summary>Whether another thread reads it, in no order with this one.</summary>
    public readonly bool IsReadBesides(PtxThread thread) => read.Meets(Visit.Of(thread));

    /// <summary>Whether a thread has written it since a group's last barrier.</summary>
    public readonly bool IsWrittenBesidesTensorCores(PtxGroup group) => written.Meets(Visit.OfTensorCores(group));

    public void Read(PtxThread thread) => read = read.With(Visit.Of(thread));

    public void ReadByTensorCores(PtxGroup group) => read = read.With(Visit.OfTensorCores(group));

    public void Write(PtxThread thread) => written = Visit.Of(thread);

    // Groups and threads count from 1. Small, because there are two for each byte of global memory.
    private readonly record struct Visit(int Group, ushort Epoch, short Thread)
    {
        public static Visit Of(PtxThread thread) => Of(thread.Group, thread.Index + 1);

        public static Visit OfTensorCores(PtxGroup group) => Of(group, Several);

        private static Visit Of(PtxGroup group, int thread) =>
            new(group.Index + 1, (ushort)group.Epoch, (short)thread);

        public bool Meets(Visit other) =>
            Group != Nobody && (Group != other.Group || Epoch == other.Epoch && Thread != other.Thread);

        public Visit With(Visit other) => Group switch
        {
            Nobody => other,
            _ when Group != other.Group => new Visit(Several, 0, 0),
            _ when Epoch == other.Epoch && Thread != other.Thread => other with { Thread = Several },
            _ => other,
        };
    }
}
