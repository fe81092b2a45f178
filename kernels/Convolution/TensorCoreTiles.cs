using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The tiles of <see cref="TensorCoreGemm"/>, and which one a matrix product takes.</summary>
internal static class TensorCoreTiles
{
    /// <summary>
    /// A tile and what a multiply-add of it costs, relative to the largest: how much more it reads, from shared memory (a warp of 64x64 reads 128
    /// floats for 4096 multiply-adds, one of 32x32 64 for 1024) and from global memory. Counted, not measured.
    /// </summary>
    private static readonly (int Rows, int Columns, double Cost)[] table =
    [
        (128, 128, 1.0),
        (128, 64, 1.2),
        (64, 128, 1.2),
        (64, 64, 1.5),
    ];

    /// <summary>Cuts a product into the tiles that cost least, all that they cover beyond the matrix included.</summary>
    public static TiledPlan Plan(int rows, int columns, int depth)
    {
        (int tileRows, int tileColumns, _) = table.MinBy(tile =>
            tile.Cost * tile.Rows * tile.Columns * TiledPlan.Tiles(rows, tile.Rows) * TiledPlan.Tiles(columns, tile.Columns));
        return new TiledPlan(rows, columns, depth, tileRows, tileColumns, TensorCoreGemm.Depth);
    }

    /// <summary>The kernel for a plan.</summary>
    public static Action<TRows, TColumns, TResult, ArrayView<float>, TiledPlan> Kernel<TMath, TRows, TColumns, TResult>(TiledPlan plan, bool quads)
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult =>
        (plan.RowExtent == LargeTile.Extent, plan.ColumnExtent == LargeTile.Extent) switch
        {
            (true, true) => Kernel<LargeTile, LargeTile, TMath, TRows, TColumns, TResult>(quads),
            (true, false) => Kernel<LargeTile, SmallTile, TMath, TRows, TColumns, TResult>(quads),
            (false, true) => Kernel<SmallTile, LargeTile, TMath, TRows, TColumns, TResult>(quads),
            (false, false) => Kernel<SmallTile, SmallTile, TMath, TRows, TColumns, TResult>(quads),
        };

    /// <summary>How a kernel is compiled: its threads, and the groups that a multiprocessor's 65536 registers must suffice for.</summary>
    /// <remarks>255 registers a thread for two groups of large tiles, 170 for three, 128 for four of small ones.</remarks>
    public static KernelSpecialization Specialization(int rowExtent, int columnExtent) =>
        new(TensorCoreGemm.Threads, (rowExtent, columnExtent) switch
        {
            (128, 128) => 2,
            (64, 64) => 4,
            _ => 3,
        });

    private static Action<TRows, TColumns, TResult, ArrayView<float>, TiledPlan> Kernel<TRowSize, TColumnSize, TMath, TRows, TColumns, TResult>(bool quads)
        where TRowSize : struct, ITiledSize
        where TColumnSize : struct, ITiledSize
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult =>
        quads
            ? TensorCoreGemm.Multiply<TRowSize, TColumnSize, QuadAccess, TMath, TRows, TColumns, TResult>
            : TensorCoreGemm.Multiply<TRowSize, TColumnSize, SingleAccess, TMath, TRows, TColumns, TResult>;
}
