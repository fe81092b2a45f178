namespace IlgpuCxr.Tests.Ptx;

/// <summary>
/// The global memory that a launch may touch: the views among its arguments, nothing beside them. It also finds results
/// that depend on the order in which threads run (<see cref="PtxVisits"/>).
/// </summary>
/// <remarks>
/// Two threads that write a byte in no order are an error. One that reads what another writes is none: at a tensor's
/// edge kernels read what they drop afterwards, where a branch would cost more. So the launch runs once more, with
/// rubbish for what is read so, and must write the same.
/// </remarks>
internal sealed unsafe class PtxMemory
{
    private const byte Rubbish = 0xFF;

    private readonly List<(ulong Start, ulong End)> views = [];
    private readonly HashSet<ulong> contested = [];
    private Dictionary<ulong, Page> pages = [];
    private Dictionary<ulong, Page> firstPages = [];

    public void Allow(ulong start, ulong bytes) => views.Add((start, start + bytes));

    /// <summary>Runs all groups of a launch.</summary>
    public void Run(Action groups)
    {
        groups();
        if (contested.Count == 0)
            return;
        (firstPages, pages) = (pages, []);
        List<(ulong Address, byte Result)> results = TakeBack();
        groups();
        foreach ((ulong address, byte result) in results)
        {
            if (*(byte*)address != result)
                throw new InvalidOperationException(
                    $"What is written at {address:x} of global memory depends on when another thread reads or writes.");
        }
    }

    public ulong Load(ulong address, int bytes, PtxThread thread)
    {
        ulong value = 0;
        Read(address, new Span<byte>(&value, bytes), thread);
        return value;
    }

    public void Read(ulong address, Span<byte> bytes, PtxThread thread)
    {
        RequireAllowed(address, bytes.Length);
        Page page = PageOf(address);
        for (int i = 0; i < bytes.Length; i++, address++)
        {
            ref PtxVisits visits = ref page.Visits[Page.At(address)];
            if (visits.IsWrittenBesides(thread))
                contested.Add(address);
            visits.Read(thread);
            bytes[i] = MayHaveAny(address, thread) ? Rubbish : *(byte*)address;
        }
    }

    public void Store(ulong address, int bytes, ulong value, PtxThread thread)
    {
        RequireAllowed(address, bytes);
        Page page = PageOf(address);
        for (int i = 0; i < bytes; i++, address++, value >>= 8)
        {
            int at = Page.At(address);
            ref PtxVisits visits = ref page.Visits[at];
            if (!visits.IsWritten)
                page.Before[at] = *(byte*)address;
            if (visits.IsWrittenBesides(thread))
                throw new InvalidOperationException(
                    $"Thread {thread.Index} of group {thread.Group.Index} writes at {address:x} of global memory, as another does in no order.");
            if (visits.IsReadBesides(thread))
                contested.Add(address);
            visits.Write(thread);
            *(byte*)address = (byte)value;
        }
    }

    // In the second run; who wrote a byte itself reads it in order.
    private bool MayHaveAny(ulong address, PtxThread thread) =>
        firstPages.TryGetValue(Page.StartOf(address), out Page? first)
        && contested.Contains(address) && !first.Visits[Page.At(address)].IsLastWrittenBy(thread);

    /// <summary>Puts back what the first run has written over, and tells what it wrote.</summary>
    private List<(ulong Address, byte Result)> TakeBack()
    {
        List<(ulong Address, byte Result)> results = [];
        foreach ((ulong start, Page page) in firstPages)
            for (int at = 0; at < Page.Bytes; at++)
            {
                if (!page.Visits[at].IsWritten)
                    continue;
                byte* written = (byte*)start + at;
                results.Add((start + (uint)at, *written));
                *written = page.Before[at];
            }
        return results;
    }

    private void RequireAllowed(ulong address, int bytes)
    {
        foreach ((ulong start, ulong end) in views)
        {
            if (address >= start && address + (uint)bytes <= end)
                return;
        }
        throw new InvalidOperationException($"{bytes} bytes at {address:x} are outside every argument of the kernel.");
    }

    // Accesses are aligned: none lies in two pages.
    private Page PageOf(ulong address)
    {
        ulong start = Page.StartOf(address);
        if (!pages.TryGetValue(start, out Page? page))
            pages[start] = page = new Page();
        return page;
    }

    /// <summary>What is noted of 1024 bytes.</summary>
    private sealed class Page
    {
        public const int Bytes = 1024;

        public PtxVisits[] Visits { get; } = new PtxVisits[Bytes];

        /// <summary>Of written bytes, what was there before.</summary>
        public byte[] Before { get; } = new byte[Bytes];

        public static ulong StartOf(ulong address) => address / Bytes * Bytes;

        public static int At(ulong address) => (int)(address % Bytes);
    }
}
