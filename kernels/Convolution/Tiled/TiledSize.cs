namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The extent of the square tile of results that one group of threads computes; the rest of its geometry follows.
/// </summary>
/// <remarks>
/// Every thread has 8x8 results, so a tile of extent E takes (E/8)² threads.
/// <code>
///                 threads   shared memory, two buffers of 8 depths   flops a byte brought to shared memory
/// 128 x 128        256      16.5 KiB                                 32
///  64 x  64         64       8.5 KiB                                 16
/// </code>
/// </remarks>
internal interface ITiledSize
{
    static abstract int Extent { get; }
}

/// <summary>For large problems: half the memory traffic of <see cref="SmallTile"/>.</summary>
internal readonly struct LargeTile : ITiledSize
{
    public static int Extent => 128;
}

/// <summary>For problems that would leave much of a <see cref="LargeTile"/> empty.</summary>
internal readonly struct SmallTile : ITiledSize
{
    public static int Extent => 64;
}

/// <summary>How global memory is read and written.</summary>
internal interface ITiledAccess
{
    static abstract bool Quads { get; }
}

/// <summary>
/// 16 bytes at a time; channels of input and output must be multiples of 4 and every array 16-byte aligned.
/// </summary>
internal readonly struct QuadAccess : ITiledAccess
{
    public static bool Quads => true;
}

/// <summary>One float at a time: any number of channels.</summary>
internal readonly struct SingleAccess : ITiledAccess
{
    public static bool Quads => false;
}
