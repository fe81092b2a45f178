using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// How a matrix product is cut up: into block tiles of the result, and in depth into slices that are summed afterwards
/// (split-K); <see cref="TiledPlanner"/> makes it.
/// </summary>
/// <param name="Rows">Rows of the result.</param>
/// <param name="Columns">Columns of the result.</param>
/// <param name="Depth">Length of the sums; may be 0.</param>
/// <param name="RowExtent">Rows of a block tile, 64 or 128.</param>
/// <param name="ColumnExtent">Columns of a block tile, 64 or 128.</param>
/// <param name="SliceDepth">Depth of a slice, whole stages; the last one may be shorter.</param>
internal readonly record struct TiledPlan(
    int Rows, int Columns, int Depth, int RowExtent, int ColumnExtent, int SliceDepth)
{
    /// <summary>Block tiles side by side.</summary>
    public FastDivisor ColumnTiles { get; } = new(Ceiling.Divide(Columns, ColumnExtent));

    /// <summary>Block tiles in all.</summary>
    public int Tiles { get; } =
        Sizes.Countable((long)Ceiling.Divide(Rows, RowExtent) * Ceiling.Divide(Columns, ColumnExtent));

    /// <summary>Slices of the depth.</summary>
    public int Slices { get; } = Math.Max(1, Ceiling.Divide(Depth, SliceDepth));
}
