namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Rows or columns of a block tile: the part of the result that a group of threads computes.</summary>
/// <remarks>
/// In single precision block tiles are square and a thread has 8x8 results, so one of extent E takes (E/8)² threads:
/// <code>
///                 threads   shared memory, two stages of depth 8     flops a byte brought to shared memory
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
