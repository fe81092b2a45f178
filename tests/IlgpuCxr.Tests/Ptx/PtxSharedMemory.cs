namespace IlgpuCxr.Tests.Ptx;

/// <summary>
/// A group's shared memory, which also finds threads that meet at a word with no barrier between them
/// (<see cref="PtxVisits"/>).
/// </summary>
/// <remarks>
/// An asynchronous copy writes twice: rubbish when it begins, for nobody may still read what was there or already read
/// what comes, and its bytes when its thread has waited for it. In between the word is nobody's.
/// </remarks>
internal sealed class PtxSharedMemory
{
    // A NaN: what nobody has written must not look like a number.
    private const uint Rubbish = 0xFFFFFFFF;

    private readonly uint[] words;
    private readonly PtxVisits[] visits;
    private readonly bool[] isOnItsWay;
    private readonly bool[] isUnfenced;
    private readonly List<int>[] unfenced;

    public PtxSharedMemory(int bytes, int threads)
    {
        isOnItsWay = new bool[bytes / 4];
        isUnfenced = new bool[bytes / 4];
        unfenced = [.. Enumerable.Range(0, threads).Select(_ => new List<int>())];
        words = new uint[bytes / 4];
        Array.Fill(words, Rubbish);
        visits = new PtxVisits[words.Length];
    }

    public uint Load(ulong address, PtxThread thread)
    {
        int word = Word(address);
        if (visits[word].IsWrittenBesides(thread))
            throw Race(address, thread, "reads what another thread writes");
        visits[word].Read(thread);
        return words[word];
    }

    public void Store(ulong address, uint value, PtxThread thread)
    {
        int word = Word(address);
        if (isOnItsWay[word])
            throw new InvalidOperationException(
                $"Thread {thread.Index} writes at {address} of shared memory what a copy brings that nobody has waited for.");
        if (visits[word].IsWrittenBesides(thread) || visits[word].IsReadBesides(thread))
            throw Race(address, thread, "writes what another thread reads or writes");
        visits[word].Write(thread);
        words[word] = value;
        isUnfenced[word] = true;
        unfenced[thread.Index].Add(word);
    }

    /// <summary>
    /// <c>fence.proxy.async</c>: what a thread has written may be read by tensor cores, after the next barrier.
    /// </summary>
    public void Fence(int thread)
    {
        foreach (int word in unfenced[thread])
            isUnfenced[word] = false;
        unfenced[thread].Clear();
    }

    /// <summary>What tensor cores read on their own.</summary>
    public uint LoadAsynchronously(ulong address, PtxGroup group)
    {
        int word = Word(address);
        if (visits[word].IsWrittenBesidesTensorCores(group) || isUnfenced[word])
            throw new InvalidOperationException(
                $"Tensor cores read at {address} of shared memory what is written with no fence or no barrier after it.");
        visits[word].ReadByTensorCores(group);
        return words[word];
    }

    public void BeginCopy(PtxCopy copy, PtxThread thread)
    {
        for (int at = 0; at < copy.Bytes.Length; at += 4)
        {
            Store(copy.Destination + (uint)at, Rubbish, thread);
            isOnItsWay[Word(copy.Destination + (uint)at)] = true;
        }
    }

    public void EndCopy(PtxCopy copy, PtxThread thread)
    {
        for (int at = 0; at < copy.Bytes.Length; at += 4)
        {
            isOnItsWay[Word(copy.Destination + (uint)at)] = false;
            Store(copy.Destination + (uint)at, BitConverter.ToUInt32(copy.Bytes, at), thread);
        }
    }

    private int Word(ulong address) =>
        address % 4 == 0 && address / 4 < (ulong)words.Length
            ? (int)(address / 4)
            : throw new InvalidOperationException(
                $"There is no word at {address} of {words.Length * 4} bytes of shared memory.");

    private static InvalidOperationException Race(ulong address, PtxThread thread, string does) =>
        new($"Thread {thread.Index} {does} at {address} of shared memory, with no barrier between.");
}
