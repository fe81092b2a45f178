using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How the backward-weights pass of a Winograd convolution is divided, as the shape alone decides.</summary>
/// <param name="Tiles">The tiles.</param>
/// <param name="TilesAChunk">Tiles that are transformed and multiplied together.</param>
/// <param name="InputPitch">Floats from one tile to the next in the transformed input, and from one output channel to the next in the sums.</param>
/// <param name="GradientPitch">Floats from one tile to the next in the transformed gradient.</param>
/// <param name="RowGroups">Groups of output channels that share an element's product.</param>
/// <param name="RowsAGroup">Output channels in a group: a multiple of a register tile's rows.</param>
internal readonly record struct WinogradGradientGrid(
    WinogradGrid Tiles, int TilesAChunk, int InputPitch, int GradientPitch, int RowGroups, int RowsAGroup)
{
    /// <summary>Tiles that an index of a transform takes: enough work to start one for, and with the thousands of tiles of a chunk enough indices for all threads.</summary>
    public const int TilesAnIndex = 8;

    // Both transformed tensors of a chunk, 10 MB, lie in a third-level cache, and those of one of the 36 elements in a second-level one.
    private const int FloatsAChunk = 2_500_000;

    // With 36 elements there are tasks enough without cutting finer.
    private const int RowsWanted = 96;

    /// <summary>Floats from one element of the tiles to the next in the transformed input.</summary>
    public int InputPlane => TilesAChunk * InputPitch;

    /// <summary>The same in the transformed gradient.</summary>
    public int GradientPlane => TilesAChunk * GradientPitch;

    /// <summary>Divides a convolution.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="outputs">Outputs in a row of a Winograd tile.</param>
    /// <param name="rows">Rows of a register tile.</param>
    /// <param name="columns">Columns of a register tile.</param>
    public static WinogradGradientGrid Of(in ConvolutionShape shape, int outputs, int rows, int columns)
    {
        var tiles = WinogradGrid.Of(shape, outputs, rows, columns);
        // A register tile reads whole rows and columns, beyond the last channel too.
        int inputPitch = WinogradScratch.Pitch(shape.C), gradientPitch = WinogradScratch.Pitch(shape.K + rows);
        int most = FloatsAChunk / ((outputs + 2) * (outputs + 2) * (inputPitch + gradientPitch));
        int chunks = Ceiling.Divide(tiles.Tiles, Math.Max(TilesAnIndex, most));
        int groups = Ceiling.Divide(shape.K, RowsWanted);
        int rowsAGroup = Ceiling.Divide(Ceiling.Divide(shape.K, groups), rows) * rows;
        return new WinogradGradientGrid(
            tiles, Ceiling.Divide(tiles.Tiles, chunks), inputPitch, gradientPitch, Ceiling.Divide(shape.K, rowsAGroup), rowsAGroup);
    }
}
