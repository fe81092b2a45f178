using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How a matrix product is cut up: into tiles of the result, and in depth into slices that are summed afterwards.</summary>
/// <remarks>It depends on the sizes alone, never on the device, so that the same sums are done in the same order everywhere.</remarks>
internal readonly struct TiledPlan
{
    // Two groups on each of an H100's 132 multiprocessors, twice over so that the last wave of groups is not the only one.
    private const int WantedGroups = 528;

    // A slice costs a result's write and read; 256 multiply-adds an element make that small.
    private const int LeastSliceDepth = 256;

    /// <summary>A plan for <see cref="TiledGemm"/>.</summary>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="columns">Columns of the result.</param>
    /// <param name="depth">Length of the sums; may be 0.</param>
    public TiledPlan(int rows, int columns, int depth)
        : this(rows, columns, depth, SquareExtent(rows, columns), SquareExtent(rows, columns), TiledGemm.Depth)
    {
    }

    /// <summary>A plan for tiles of a given extent.</summary>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="columns">Columns of the result.</param>
    /// <param name="depth">Length of the sums; may be 0.</param>
    /// <param name="rowExtent">Rows of a tile.</param>
    /// <param name="columnExtent">Columns of a tile.</param>
    /// <param name="tileDepth">Depth of a tile.</param>
    public TiledPlan(int rows, int columns, int depth, int rowExtent, int columnExtent, int tileDepth)
    {
        Rows = rows;
        Columns = columns;
        RowExtent = rowExtent;
        ColumnExtent = columnExtent;
        ColumnTiles = new FastDivisor(Ceiling.Divide(columns, columnExtent));
        Groups = checked(Ceiling.Divide(rows, rowExtent) * ColumnTiles.Divisor);
        int slices = Math.Clamp(WantedGroups / Groups, 1, Math.Max(1, depth / LeastSliceDepth));
        SliceDepth = Math.Max(1, Ceiling.Divide(Ceiling.Divide(depth, slices), tileDepth)) * tileDepth;
        Slices = Math.Max(1, Ceiling.Divide(depth, SliceDepth));
        Depth = depth;
    }

    /// <summary>Rows of the result.</summary>
    public int Rows { get; }

    /// <summary>Columns of the result.</summary>
    public int Columns { get; }

    /// <summary>Length of the sums.</summary>
    public int Depth { get; }

    /// <summary>Rows of a tile, the extent of <see cref="LargeTile"/> or of <see cref="SmallTile"/>.</summary>
    public int RowExtent { get; }

    /// <summary>Columns of a tile, the extent of <see cref="LargeTile"/> or of <see cref="SmallTile"/>.</summary>
    public int ColumnExtent { get; }

    /// <summary>Tiles side by side.</summary>
    public FastDivisor ColumnTiles { get; }

    /// <summary>Tiles in all.</summary>
    public int Groups { get; }

    /// <summary>Parts of the sums.</summary>
    public int Slices { get; }

    /// <summary>Length of a part, whole tiles; the last one may be shorter.</summary>
    public int SliceDepth { get; }

    // An eighth more of padding is less than what the smaller tile loses by loading everything twice as often.
    private static int SquareExtent(int rows, int columns) =>
        Area(LargeTile.Extent, rows, columns) * 8 <= Area(SmallTile.Extent, rows, columns) * 9 ? LargeTile.Extent : SmallTile.Extent;

    private static long Area(int extent, int rows, int columns) => (long)Ceiling.Divide(rows, extent) * Ceiling.Divide(columns, extent) * extent * extent;
}
