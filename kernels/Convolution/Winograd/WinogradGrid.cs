using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How the forward pass of a Winograd convolution is divided into tasks, as the shape alone decides.</summary>
/// <param name="TileRows">Winograd tiles in a column of those that cover an output image.</param>
/// <param name="TileColumns">Tiles in a row of them.</param>
/// <param name="Tiles">Tiles of the batch.</param>
/// <param name="TilesPerTask">
/// Tiles that a task transforms, multiplies and transforms back: a multiple of a register tile's rows.
/// </param>
/// <param name="Blocks">Blocks of output channels, each as wide as a register tile.</param>
/// <param name="BlocksPerTask">Blocks that a task computes.</param>
/// <param name="BlocksPerPass">Blocks whose products are in the scratch memory at a time.</param>
/// <param name="InChannelsPerPass">Input channels whose products are added at a time.</param>
/// <param name="TaskTransformsWeights">
/// Whether each task transforms the weights that it needs, instead of one launch before all weights for all tasks.
/// </param>
internal readonly record struct WinogradGrid(
    int TileRows, int TileColumns, int Tiles, int TilesPerTask, int Blocks, int BlocksPerTask, int BlocksPerPass,
    int InChannelsPerPass, bool TaskTransformsWeights)
{
    // Transformed weights stream through the cache once a task, so a task should have many tiles; its transformed input
    // (36 floats a tile and channel) should stay in a second-level cache of 512 kB, so it should have few. With many
    // channels the products are so much work for each float of input that the third level is near enough.
    private const int TilesOfFewChannels = 24, TilesOfManyChannels = 48, ManyChannels = 192;

    // Transformed weights of this many floats (8 MB) do not stay in cache from one launch to the next. Where at most
    // two tasks need them, it takes less time that each transforms them itself, 590 kB at a time: with half as many
    // input channels, products are added up twice as often, which took longer.
    private const int ManyWeights = 2_000_000, TilesOfManyWeights = 36, InChannelsOfManyWeights = 128;
    private const int OutChannelsOfManyWeights = 32;

    // Fewer tasks than wanted where one would have less than 128 output channels to use its transformed input for.
    private const int MinOutChannelsPerTask = 128;

    // The products of 36 elements, 28 tiles and 64 output channels are 258 kB, which a second-level cache holds.
    private const int OutChannelsPerPass = 64;

    /// <summary>Number of tasks.</summary>
    public int Tasks => TileTasks * Ceiling.Divide(Blocks, BlocksPerTask);

    private int TileTasks => Ceiling.Divide(Tiles, TilesPerTask);

    /// <summary>Divides a convolution.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="outputs">Outputs in a row of a Winograd tile.</param>
    /// <param name="rows">Rows of a register tile.</param>
    /// <param name="columns">Columns of a register tile.</param>
    public static WinogradGrid Of(in ConvolutionShape shape, int outputs, int rows, int columns)
    {
        int tileRows = Ceiling.Divide(shape.P, outputs), tileColumns = Ceiling.Divide(shape.Q, outputs);
        int tiles = shape.N * tileRows * tileColumns;
        bool manyWeights = (double)shape.C * shape.K * (outputs + 2) * (outputs + 2) > ManyWeights
            && tiles <= 2 * TilesOfManyWeights;
        int wanted = manyWeights
            ? TilesOfManyWeights
            : shape.C < ManyChannels
            ? TilesOfFewChannels
            : TilesOfManyChannels;
        int tileTasks = Ceiling.Divide(tiles, wanted);
        int tilesPerTask = Ceiling.Divide(Ceiling.Divide(tiles, tileTasks), rows) * rows;
        int blocks = Ceiling.Divide(shape.K, columns);
        int blocksPerPass = Math.Max(1, (manyWeights ? OutChannelsOfManyWeights : OutChannelsPerPass) / columns);
        int groups = Math.Clamp(shape.K / MinOutChannelsPerTask, 1, Ceiling.Divide(CpuTasks.Wanted, tileTasks));
        return new WinogradGrid(
            tileRows, tileColumns, tiles, tilesPerTask, blocks, Ceiling.Divide(blocks, groups), blocksPerPass,
            manyWeights ? InChannelsOfManyWeights : shape.C, manyWeights);
    }

    /// <summary>The tiles and blocks of a task; tasks with the same weights follow each other.</summary>
    public (int FirstTile, int TileCount, int FirstBlock, int BlockCount) Task(int task)
    {
        int tile = task % TileTasks * TilesPerTask, block = task / TileTasks * BlocksPerTask;
        return (tile, Math.Min(TilesPerTask, Tiles - tile), block, Math.Min(BlocksPerTask, Blocks - block));
    }

    /// <summary>The image of a tile, and its row and column among the image's tiles.</summary>
    public (int N, int Row, int Column) Tile(int tile) =>
        (tile / TileColumns / TileRows, tile / TileColumns % TileRows, tile % TileColumns);
}
