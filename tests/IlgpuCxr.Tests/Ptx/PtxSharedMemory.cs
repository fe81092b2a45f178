namespace IlgpuCxr.Tests.Ptx;

/// <summary>
/// A group's shared memory, which also finds threads that meet at a word with no barrier between them.
/// </summary>
/// <remarks>
/// Time is counted in barriers. A word that one thread writes may be read or written by another only after the next
/// barrier, and one that a thread reads may be written by another only after the next. An asynchronous copy writes
/// twice: rubbish when it begins, for nobody may still read what was there or already read what comes, and its bytes
/// when its thread has waited for it. In between the word is nobody's.
/// </remarks>
internal sealed class PtxSharedMemory
{
    // A NaN: what nobody has written must not look like a number.
    private const uint Rubbish = 0xFFFFFFFF;

    private const int Nobody = -1, Several = -2;

    private readonly uint[] words;
    private readonly (int Epoch, int Thread)[] writers;
    private readonly (int Epoch, int Thread)[] readers;
    private readonly bool[] isOnItsWay;
    private readonly bool[] isUnfenced;
    private readonly List<int>[] unfenced;
    private int epoch = 1;

    public PtxSharedMemory(int bytes, int threads)
    {
        isOnItsWay = new bool[bytes / 4];
        isUnfenced = new bool[bytes / 4];
        unfenced = [.. Enumerable.Range(0, threads).Select(_ => new List<int>())];
        words = new uint[bytes / 4];
        Array.Fill(words, Rubbish);
        writers = new (int Epoch, int Thread)[words.Length];
        readers = new (int Epoch, int Thread)[words.Length];
        Array.Fill(writers, (0, Nobody));
        Array.Fill(readers, (0, Nobody));
    }

    public void NextEpoch() => epoch++;

    public uint Load(ulong address, int thread)
    {
        int word = Word(address);
        (int written, int writer) = writers[word];
        if (written == epoch && writer != thread)
            throw Race(address, thread, "reads what another thread writes");
        (int read, int reader) = readers[word];
        readers[word] = (epoch, read != epoch || reader == thread ? thread : Several);
        return words[word];
    }

    public void Store(ulong address, uint value, int thread)
    {
        int word = Word(address);
        if (isOnItsWay[word])
            throw new InvalidOperationException(
                $"Thread {thread} writes at {address} of shared memory what a copy brings that nobody has waited for.");
        (int written, int writer) = writers[word];
        (int read, int reader) = readers[word];
        if (written == epoch && writer != thread || read == epoch && reader != thread)
            throw Race(address, thread, "writes what another thread reads or writes");
        writers[word] = (epoch, thread);
        words[word] = value;
        isUnfenced[word] = true;
        unfenced[thread].Add(word);
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
    public uint LoadAsynchronously(ulong address)
    {
        int word = Word(address);
        if (isUnfenced[word] || writers[word].Epoch == epoch)
            throw new InvalidOperationException(
                $"Tensor cores read at {address} of shared memory what is written with no fence or no barrier after it.");
        readers[word] = (epoch, Several);
        return words[word];
    }

    public void BeginCopy(PtxCopy copy, int thread)
    {
        for (int at = 0; at < copy.Bytes.Length; at += 4)
        {
            Store(copy.Destination + (uint)at, Rubbish, thread);
            isOnItsWay[Word(copy.Destination + (uint)at)] = true;
        }
    }

    public void EndCopy(PtxCopy copy, int thread)
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

    private static InvalidOperationException Race(ulong address, int thread, string does) =>
        new($"Thread {thread} {does} at {address} of shared memory, with no barrier between.");
}
