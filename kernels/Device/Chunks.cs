namespace IlgpuCxr.Kernels.Device;

/// <summary>How the CPU kernels of element-wise operators divide their elements.</summary>
internal static class Chunks
{
    /// <summary>Floats that an index works on: 64 kB, which leaves room for three such streams in a second-level cache of 256 kB.</summary>
    public const int Size = 16384;

    /// <summary>Number of chunks of <paramref name="count"/> floats.</summary>
    public static int Of(long count) => (int)((count + Size - 1) / Size);

    /// <summary>The first float of a chunk and the number of floats in it.</summary>
    public static (long First, int Count) Range(int chunk, long count)
    {
        long first = (long)chunk * Size;
        return (first, (int)Math.Min(Size, count - first));
    }
}
