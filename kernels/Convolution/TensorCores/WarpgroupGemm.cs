using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The matrix product of <see cref="TensorCoreGemm"/> with the instructions of a whole warpgroup.</summary>
/// <remarks>
/// <c>result[row, column] = Σ depth  rows[row, depth] · columns[column, depth]</c>. A group is one warpgroup; a warp has rows 16w to 16w + 15 of each
/// 64 and all columns. Rows come to shared memory as they are in global memory and are rounded on their way through the registers, each element once;
/// columns were rounded and put in order before (<see cref="PackedColumns{TSize, TMath}"/>), and the tensor cores read them from shared memory themselves.
/// While they multiply a tile, the threads load the rows of the next and begin to copy a later one.
/// </remarks>
internal static class WarpgroupGemm
{
    // What a kernel gets of shared memory without asking.
    private const int SharedBytes = 48 * 1024;

    // An instruction's 64 rows, in the blocks of 16 that are loaded at once.
    private const int BlocksPerInstruction = 4;

    /// <summary>One tile of the result, or of one slice's share of it.</summary>
    public static void Multiply<TRowSize, TColumnSize, TMath, TRows, TResult>(
        TRows rows, ArrayView<float> columns, TResult result, ArrayView<float> partials, TiledPlan plan)
        where TRowSize : struct, ITiledSize
        where TColumnSize : struct, ITiledSize
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        int rowBytes = TensorCoreStage<TRowSize, QuadAccess, TRows>.Bytes, tileBytes = rowBytes + PackedColumns<TColumnSize, TMath>.Bytes;
        // One tile to multiply and two on their way; three, where there is room.
        int stages = 4 * tileBytes <= SharedBytes ? 4 : 3;
        ArrayView<Float4> shared = SharedMemory.Allocate<Float4>(stages * tileBytes / 16);
        uint memory = TensorCore.SharedAddress(ref shared[0]), last = memory + (uint)((stages - 1) * tileBytes);

        int rowTile = plan.ColumnTiles.Divide(Grid.IdxX, out int columnTile), rowStart = rowTile * TRowSize.Extent;
        int begin = Grid.IdxY * plan.SliceDepth, end = Math.Min(plan.Depth, begin + plan.SliceDepth);
        int warpRow = (Group.IdxX >> 5) * 16;
        var rowStage = new TensorCoreStage<TRowSize, QuadAccess, TRows>(rows, rowStart, Group.IdxX, warpRow);
        var columnStage = new PackedColumns<TColumnSize, TMath>(columns, columnTile, plan.Depth, Group.IdxX);
        Fetch(rowStage, columnStage, memory, begin, end);
        Fetch(rowStage, columnStage, memory + (uint)tileBytes, begin + TensorCoreGemm.Depth, end);
        if (stages > 3)
            Fetch(rowStage, columnStage, memory + (uint)(2 * tileBytes), begin + 2 * TensorCoreGemm.Depth, end);
        TensorCore.AwaitCopies(stages - 2);
        Warpgroup.FenceCopies();
        Group.Barrier();

        WarpgroupSums sums = default;
        WarpgroupRows factors = Rounded<TMath>(Load(rowStage, memory));
        uint current = memory, next = memory + (uint)tileBytes, free = last;
        for (int depth = begin; depth < end; depth += TensorCoreGemm.Depth)
        {
            MultiplyTile<TRowSize, TColumnSize, TMath>(ref sums, factors, current + (uint)rowBytes);
            // This thread's copies of the next tile are done; after the barrier everybody's are, and nobody multiplies the tile before this one any more.
            TensorCore.AwaitCopies(stages - 3);
            Warpgroup.FenceCopies();
            Group.Barrier();
            WarpgroupRows nextFactors = Load(rowStage, next);
            if (depth + (stages - 1) * TensorCoreGemm.Depth < end)
                Fetch(rowStage, columnStage, free, depth + (stages - 1) * TensorCoreGemm.Depth, end);
            else
                // An empty group keeps the count of groups right at the end.
                TensorCore.CommitCopies();
            Warpgroup.AwaitProducts();
            factors = Rounded<TMath>(nextFactors);
            free = current;
            current = next;
            next = next == last ? memory : next + (uint)tileBytes;
        }

        int lane = Group.IdxX & 31, row = rowStart + warpRow + (lane >> 2), column = columnTile * TColumnSize.Extent + (lane & 3) * 2;
        Store<TColumnSize, TResult>(sums.Rows0, row, column, result, partials, plan);
        if (TRowSize.Extent > 64)
            Store<TColumnSize, TResult>(sums.Rows64, row + 64, column, result, partials, plan);
        // As in TensorCoreGemm, nothing is on its way to the first tile any more.
        if (result.HasStatistics)
            TileStatistics.Write<TRowSize, TColumnSize, TResult>(shared, Warpgroup.Threads, result, rowTile, columnTile, plan);
    }

    /// <summary>Begins to copy a tile of both factors.</summary>
    private static void Fetch<TRowSize, TColumnSize, TMath, TRows>(
        TensorCoreStage<TRowSize, QuadAccess, TRows> rowStage, PackedColumns<TColumnSize, TMath> columnStage, uint tile, int depth, int end)
        where TRowSize : struct, ITiledSize
        where TColumnSize : struct, ITiledSize
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
    {
        rowStage.Fetch(tile, depth, end);
        columnStage.Fetch(tile + (uint)TensorCoreStage<TRowSize, QuadAccess, TRows>.Bytes, depth, end);
        TensorCore.CommitCopies();
    }

    /// <summary>A lane's part of a tile's rows, as they are in memory.</summary>
    private static WarpgroupRows Load<TRowSize, TRows>(TensorCoreStage<TRowSize, QuadAccess, TRows> stage, uint tile)
        where TRowSize : struct, ITiledSize
        where TRows : struct, ITiledOperand
    {
        WarpgroupRows rows = default;
        rows.Rows0 = stage.Load(tile, 0, 0);
        rows.Rows0Deeper = stage.Load(tile, 0, 1);
        if (TRowSize.Extent > 64)
        {
            rows.Rows64 = stage.Load(tile, BlocksPerInstruction, 0);
            rows.Rows64Deeper = stage.Load(tile, BlocksPerInstruction, 1);
        }
        return rows;
    }

    /// <summary>The same, rounded; of bf16 both depths are in the first.</summary>
    private static WarpgroupRows Rounded<TMath>(WarpgroupRows rows)
        where TMath : struct, ITensorCoreMath
    {
        rows.Rows0 = TMath.Round(rows.Rows0, rows.Rows0Deeper);
        rows.Rows64 = TMath.Round(rows.Rows64, rows.Rows64Deeper);
        if (TMath.Depth < TensorCoreGemm.Depth)
        {
            rows.Rows0Deeper = TMath.Round(rows.Rows0Deeper, default);
            rows.Rows64Deeper = TMath.Round(rows.Rows64Deeper, default);
        }
        return rows;
    }

    /// <summary>Begins a tile's products, one after the other.</summary>
    private static void MultiplyTile<TRowSize, TColumnSize, TMath>(ref WarpgroupSums sums, WarpgroupRows factors, uint columnTile)
        where TRowSize : struct, ITiledSize
        where TColumnSize : struct, ITiledSize
        where TMath : struct, ITensorCoreMath
    {
        bool hasTwoSteps = TMath.Depth < TensorCoreGemm.Depth;
        long columns = PackedColumns<TColumnSize, TMath>.Step(columnTile, 0), deeper = PackedColumns<TColumnSize, TMath>.Step(columnTile, 1);
        Warpgroup.FenceRegisters();
        MultiplyStep<TColumnSize, TMath>(ref sums.Rows0, factors.Rows0, columns);
        if (TRowSize.Extent > 64)
            MultiplyStep<TColumnSize, TMath>(ref sums.Rows64, factors.Rows64, columns);
        if (hasTwoSteps)
            MultiplyStep<TColumnSize, TMath>(ref sums.Rows0, factors.Rows0Deeper, deeper);
        if (hasTwoSteps && TRowSize.Extent > 64)
            MultiplyStep<TColumnSize, TMath>(ref sums.Rows64, factors.Rows64Deeper, deeper);
        Warpgroup.CommitProducts();
    }

    private static void MultiplyStep<TColumnSize, TMath>(ref WarpColumns128 sums, Fragment a, long b)
        where TColumnSize : struct, ITiledSize
        where TMath : struct, ITensorCoreMath
    {
        if (TColumnSize.Extent > 64)
            sums = TMath.MultiplyAdd(a, b, sums);
        else
            sums.Columns0 = TMath.MultiplyAdd(a, b, sums.Columns0);
    }

    private static void Store<TColumnSize, TResult>(
        WarpColumns128 sums, int row, int column, TResult result, ArrayView<float> partials, TiledPlan plan)
        where TColumnSize : struct, ITiledSize
        where TResult : struct, ITiledResult
    {
        // As a warp of TensorCoreGemm's largest tile, which has 64 columns.
        TensorCoreResults.Store<LargeTile, QuadAccess, TResult>(sums.Columns0, row, column, result, partials, plan);
        if (TColumnSize.Extent > 64)
            TensorCoreResults.Store<LargeTile, QuadAccess, TResult>(sums.Columns64, row, column + 64, result, partials, plan);
    }
}
