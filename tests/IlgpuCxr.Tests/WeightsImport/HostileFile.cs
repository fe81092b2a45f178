using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.WeightsImport;

/// <summary>Reads a file that may be broken or malicious, and holds the reader to its promises.</summary>
internal static class HostileFile
{
    // What a reader takes for a file of any size: its budget's fixed part, its buffers.
    private const long FixedBytes = 6 << 20;

    /// <summary>
    /// Whether the file can be read. Whether or not, all that is ever allocated, and so what is in use at any time, is
    /// at most twice the file; a refusal is one clear sentence.
    /// </summary>
    public static bool TryReadAll(string path, Func<string, WeightFile> open)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool read = TryRead(path, open);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(allocated, Is.LessThan((2 * new FileInfo(path).Length) + FixedBytes), "bytes allocated");
        return read;
    }

    private static bool TryRead(string path, Func<string, WeightFile> open)
    {
        try
        {
            using WeightFile file = open(path);
            foreach (WeightTensor tensor in file)
                tensor.CopyTo(Stream.Null);
            return true;
        }
        catch (WeightFormatException e)
        {
            Assert.That(e.Message, Does.StartWith(path).And.EndsWith("."));
            Assert.That(e.Message.Any(char.IsControl), Is.False);
            return false;
        }
    }
}
