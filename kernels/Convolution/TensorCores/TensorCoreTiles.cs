using ILGPU;
using ILGPU.Runtime;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The tiles of <see cref="TensorCoreGemm"/>, and which one a matrix product takes.</summary>
internal static class TensorCoreTiles
{
    /// <summary>
    /// A tile and what a multiply-add of it costs, relative to the largest: how much more it reads, from shared memory (a warp of 64x64 reads 128
    /// floats for 4096 multiply-adds, one of 32x32 64 for 1024) and from global memory. Counted, not measured.
    /// </summary>
    private static readonly (int Rows, int Columns, double Cost)[] Table =
    [
        (128, 128, 1.0),
        (128, 64, 1.2),
        (64, 128, 1.2),
        (64, 64, 1.5),
    ];

    /// <summary>Cuts a product into the tiles that cost least, all that they cover beyond the matrix included.</summary>
    /// <remarks>Without quads only the small tile: such products are the first layer and the last, and their addresses take the registers.</remarks>
    public static TiledPlan Plan(int rows, int columns, int depth, bool quads)
    {
        (int tileRows, int tileColumns, _) = !quads ? Table[^1] : Table.MinBy(tile =>
            tile.Cost * tile.Rows * tile.Columns * Ceiling.Divide(rows, tile.Rows) * Ceiling.Divide(columns, tile.Columns));
        return new TiledPlan(rows, columns, depth, tileRows, tileColumns, TensorCoreGemm.Depth);
    }

    /// <summary>The kernel for a plan.</summary>
    public static Action<TRows, TColumns, TResult, ArrayView<float>, TiledPlan> Kernel<TMath, TRows, TColumns, TResult>(TiledPlan plan, bool quads)
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult =>
        (plan.RowExtent == LargeTile.Extent, plan.ColumnExtent == LargeTile.Extent, quads) switch
        {
            (_, _, false) => TensorCoreGemm.Multiply<SmallTile, SmallTile, SingleAccess, TMath, TRows, TColumns, TResult>,
            (true, true, _) => TensorCoreGemm.Multiply<LargeTile, LargeTile, QuadAccess, TMath, TRows, TColumns, TResult>,
            (true, false, _) => TensorCoreGemm.Multiply<LargeTile, SmallTile, QuadAccess, TMath, TRows, TColumns, TResult>,
            (false, true, _) => TensorCoreGemm.Multiply<SmallTile, LargeTile, QuadAccess, TMath, TRows, TColumns, TResult>,
            (false, false, _) => TensorCoreGemm.Multiply<SmallTile, SmallTile, QuadAccess, TMath, TRows, TColumns, TResult>,
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
}
