using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How the register tiles of one pass are divided into tasks, as the shape alone decides.</summary>
/// <param name="Tiles">Tiles that cover all pixels.</param>
/// <param name="TilesPerTask">Tiles that a task runs, so that their weights are read once from memory.</param>
/// <param name="Blocks">Blocks of columns: the channels of the result, as many at a time as a tile has columns.</param>
/// <param name="BlocksPerTask">Blocks that a task runs, so that its pixels stay in cache.</param>
internal readonly record struct RegisterTileGrid(int Tiles, int TilesPerTask, int Blocks, int BlocksPerTask)
{
    // The pointers of a task's tiles live on the stack and should stay in the first-level cache with the data.
    private const int PointersPerTask = 2048;

    // 16 tiles of 14 pixels use each weight 224 times, which is enough to forget what reading it costs; more would
    // leave fewer tasks than threads want.
    private const int MaxTilesPerTask = 16;

    // 4 blocks of 32 channels read the same pixels, three times out of four from the cache.
    private const int MaxBlocksPerTask = 4;

    /// <summary>Number of tasks.</summary>
    public int Tasks => Ceiling.Divide(Tiles, TilesPerTask) * Ceiling.Divide(Blocks, BlocksPerTask);

    /// <summary>
    /// Divides <paramref name="pixels"/> x <paramref name="channels"/> outputs with <paramref name="taps"/> taps.
    /// </summary>
    public static RegisterTileGrid Of(int pixels, int channels, int taps, int tileRows, int tileColumns) => new(
        Ceiling.Divide(pixels, tileRows),
        Math.Clamp(PointersPerTask / (Math.Max(1, taps) * tileRows), 1, MaxTilesPerTask),
        Ceiling.Divide(channels, tileColumns),
        MaxBlocksPerTask);

    /// <summary>The tiles and blocks of a task.</summary>
    public (int FirstTile, int TileCount, int FirstBlock, int BlockCount) Task(int task)
    {
        int groups = Ceiling.Divide(Blocks, BlocksPerTask);
        int tile = task / groups * TilesPerTask, block = task % groups * BlocksPerTask;
        return (tile, Math.Min(TilesPerTask, Tiles - tile), block, Math.Min(BlocksPerTask, Blocks - block));
    }
}
