using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How the backward-weights pass of a Winograd convolution is divided, as the shape alone decides.</summary>
/// <remarks>
/// The transformed tensors of a chunk of Winograd tiles are <c>[element, panel, tile, columns]</c>, a panel being as
/// many channels as a register tile has columns: what the register tile reads lies in memory in the order in which it
/// is read. The sums are cut into blocks, <c>[block, element, register tile]</c>.
/// </remarks>
/// <param name="Tiling">The Winograd tiles of the batch.</param>
/// <param name="TilesPerChunk">Tiles that are transformed and multiplied together.</param>
/// <param name="Chunks">How many times that happens.</param>
/// <param name="PanelPitch">Floats from one panel to the next.</param>
/// <param name="InputPanels">Panels of the transformed input.</param>
/// <param name="GradOutputPanels">Panels of the transformed gradient of the output.</param>
/// <param name="RowTiles">Register tiles on top of each other: as many as hold the output channels.</param>
/// <param name="RowTilesPerBlock">How many of them a block has.</param>
/// <param name="PanelsPerBlock">Panels of the input that a block has: register tiles side by side.</param>
/// <param name="BlockByBlock">
/// Whether a task multiplies all elements of a block, and transforms its sums after the last chunk while they are still
/// in its cache, instead of one element.
/// </param>
internal readonly record struct WinogradBackwardWeightsGrid(
    WinogradGrid Tiling, int TilesPerChunk, int Chunks, int PanelPitch, int InputPanels, int GradOutputPanels,
    int RowTiles, int RowTilesPerBlock, int PanelsPerBlock, bool BlockByBlock)
{
    /// <summary>
    /// Tiles that an index of a transform takes: enough work to start one for, and with the thousands of tiles of a
    /// chunk enough indices for all threads.
    /// </summary>
    public const int TilesPerIndex = 8;

    // The transformed tensors of a chunk should stay in cache until they are multiplied, and the more tiles it has, the
    // fewer times the sums are added to. So 5 MB as long as the sums are small, and 21 MB where they are as large as
    // that themselves: 16 images of 14x14x256 are one chunk with vectors of 512 bits too.
    private const int FloatsPerChunk = 1_200_000, FloatsPerChunkOfManySums = 5_200_000;

    // 36 x 128 x 256: where the sums of all elements are 5 MB or more, writing and reading them takes as long as
    // multiplying.
    private const int ManySums = 1_150_000;

    // 36 elements of 48 x 32 sums are 221 kB, which a second-level cache holds together with what is multiplied.
    private const int RowsPerBlock = 48, ColumnsPerBlock = 32;

    // With 36 elements there are tasks enough without cutting finer.
    private const int RowsPerElement = 96;

    /// <summary>Floats from one element of the tiles to the next in the transformed input.</summary>
    public int InputPlane => InputPanels * PanelPitch;

    /// <summary>The same in the transformed gradient of the output.</summary>
    public int GradOutputPlane => GradOutputPanels * PanelPitch;

    /// <summary>Number of blocks.</summary>
    public int Blocks => Ceiling.Divide(RowTiles, RowTilesPerBlock) * BlocksPerRow;

    private int BlocksPerRow => Ceiling.Divide(InputPanels, PanelsPerBlock);

    /// <summary>Divides a convolution.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="outputs">Outputs in a row of a Winograd tile.</param>
    /// <param name="rows">Rows of a register tile.</param>
    /// <param name="columns">Columns of a register tile.</param>
    public static WinogradBackwardWeightsGrid Of(in ConvolutionShape shape, int outputs, int rows, int columns)
    {
        var tiling = WinogradGrid.Of(shape, outputs, rows, columns);
        int elements = (outputs + 2) * (outputs + 2), rowTiles = Ceiling.Divide(shape.K, rows);
        // The last register tile reads all of its rows, beyond the last channel too.
        int inputPanels = Ceiling.Divide(shape.C, columns), gradOutputPanels = Ceiling.Divide(rowTiles * rows, columns);
        bool manySums = (double)elements * shape.K * shape.C >= ManySums;
        int floats = manySums ? FloatsPerChunkOfManySums : FloatsPerChunk;
        int most = floats / (elements * (inputPanels + gradOutputPanels) * columns);
        int chunks = Ceiling.Divide(tiling.Tiles, Math.Max(TilesPerIndex, most));
        int tilesPerChunk = Ceiling.Divide(tiling.Tiles, chunks);
        int groups = Ceiling.Divide(shape.K, RowsPerElement);
        return new WinogradBackwardWeightsGrid(
            tiling, tilesPerChunk, Ceiling.Divide(tiling.Tiles, tilesPerChunk),
            WinogradScratch.Pitch(tilesPerChunk * columns), inputPanels, gradOutputPanels, rowTiles,
            manySums ? RowsPerBlock / rows : Ceiling.Divide(rowTiles, groups),
            manySums ? ColumnsPerBlock / columns : inputPanels, manySums);
    }

    /// <summary>Floats from one element of a block's sums to the next.</summary>
    /// <param name="tileFloats">Floats of a register tile.</param>
    public int BlockPlane(int tileFloats) => WinogradScratch.Pitch(RowTilesPerBlock * PanelsPerBlock * tileFloats);

    /// <summary>The register tiles of a block.</summary>
    public (int FirstRowTile, int RowTileCount, int FirstPanel, int PanelCount) Block(int block)
    {
        int rowTile = block / BlocksPerRow * RowTilesPerBlock, panel = block % BlocksPerRow * PanelsPerBlock;
        int rowTiles = Math.Min(RowTilesPerBlock, RowTiles - rowTile);
        int panels = Math.Min(PanelsPerBlock, InputPanels - panel);
        return (rowTile, rowTiles, panel, panels);
    }
}
