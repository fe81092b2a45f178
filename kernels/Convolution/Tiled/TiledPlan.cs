using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// How a matrix product is cut up: into tiles of the result, and in depth into slices that are summed afterwards
/// (split-K); <see cref="TiledPlanner"/> makes it.
/// </summary>
internal readonly struct TiledPlan
{
    /// <param name="rows">Rows of the result.</param>
    /// <param name="columns">Columns of the result.</param>
    /// <param name="depth">Length of the sums; may be 0.</param>
    /// <param name="rowExtent">Rows of a tile.</param>
    /// <param name="columnExtent">Columns of a tile.</param>
    /// <param name="sliceDepth">Depth of a slice, whole tiles.</param>
    public TiledPlan(int rows, int columns, int depth, int rowExtent, int columnExtent, int sliceDepth)
    {
        Rows = rows;
        Columns = columns;
        RowExtent = rowExtent;
        ColumnExtent = columnExtent;
        ColumnTiles = new FastDivisor(Ceiling.Divide(columns, columnExtent));
        Tiles = checked(Ceiling.Divide(rows, rowExtent) * ColumnTiles.Divisor);
        SliceDepth = sliceDepth;
        Slices = Math.Max(1, Ceiling.Divide(depth, sliceDepth));
        Depth = depth;
    }

    /// <summary>Rows of the result.</summary>
    public int Rows { get; }

    /// <summary>Columns of the result.</summary>
    public int Columns { get; }

    /// <summary>Length of the sums.</summary>
    public int Depth { get; }

    /// <summary>Rows of a tile, 64 or 128.</summary>
    public int RowExtent { get; }

    /// <summary>Columns of a tile, 64 or 128.</summary>
    public int ColumnExtent { get; }

    /// <summary>Tiles side by side.</summary>
    public FastDivisor ColumnTiles { get; }

    /// <summary>Tiles in all.</summary>
    public int Tiles { get; }

    /// <summary>Slices of the depth.</summary>
    public int Slices { get; }

    /// <summary>Depth of a slice, whole tiles; the last one may be shorter.</summary>
    public int SliceDepth { get; }
}
