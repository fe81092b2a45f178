namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The extent of a tile of results, which a group of threads computes, along its rows or columns.</summary>
/// <remarks>
/// In single precision tiles are square and every thread has 8x8 results, so a tile of extent E takes (E/8)² threads:
/// <code>
///                 threads   shared memory, two buffers of 8 depths   flops a byte brought to shared memory
/// 128 x 128        256      16.5 KiB                                 32
///  64 x  64         64       8.5 KiB                                 16
/// </code>
/// On tensor cores both extents are chosen, and a group always has <see cref="TensorCoreGemm.Threads"/> threads.
/// </remarks>
internal interface ITileExtent
{
    static abstract int Length { get; }
}

/// <summary>For large problems: half the memory traffic of <see cref="Extent64"/>.</summary>
internal readonly struct Extent128 : ITileExtent
{
    public static int Length => 128;
}

/// <summary>For problems that would leave much of an <see cref="Extent128"/> empty.</summary>
internal readonly struct Extent64 : ITileExtent
{
    public static int Length => 64;
}
