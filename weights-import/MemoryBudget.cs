namespace IlgpuCxr.WeightsImport;

/// <summary>
/// What the description of a file's tensors may take in memory: the size of the file itself and a small fixed amount.
/// The bytes that describe a tensor can be a tenth of the objects that stand for it, so without a limit a file of
/// nothing but descriptions would fill the memory.
/// </summary>
internal sealed class MemoryBudget(string path, long fileLength)
{
    /// <summary>What one named tensor takes: its name, shape and storage, and its places in lists and tables.</summary>
    public const int BytesPerTensor = 1024;

    // Enough for some thousand tensors in a file that has hardly any bytes for them.
    private const long Fixed = 4 << 20;

    private long left = Fixed + fileLength;

    /// <summary>Counts bytes before they are allocated.</summary>
    /// <exception cref="WeightFormatException">The file has used up what it may take.</exception>
    public void Take(long bytes)
    {
        left -= bytes;
        if (left < 0)
        {
            throw new WeightFormatException(
                path, "describes more objects than a file of weights of its size has",
                "save the network's weights alone");
        }
    }

    /// <summary>Counts a text of so many bytes, from the bytes to the string.</summary>
    public void TakeText(long byteCount) => Take((3 * byteCount) + 64);
}
