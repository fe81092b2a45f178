using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The matrix product of
/// <see cref="TensorCoreGemm{TRowExtent, TColumnExtent, TAccess, TMath, TRows, TColumns, TResult}"/>
/// with the instructions of a whole warpgroup.
/// </summary>
/// <remarks>
/// <c>result[row, column] = Σ depth rows[row, depth] · columns[column, depth]</c>. A group is one warpgroup; a warp has
/// rows 16w to 16w + 15 of each 64 and all columns. Rows come to shared memory as they are in global memory; singles
/// are rounded on their way through the registers, each element once. Columns were put in order, and singles rounded,
/// before (<see cref="PackedColumns{TExtent, TMath}"/>), and the tensor cores read them from shared memory themselves.
/// While they multiply a stage, the threads load the rows of the next and begin to copy a later one.
/// </remarks>
internal static class WarpgroupGemm<TRowExtent, TColumnExtent, TAccess, TMath, TRows, TResult>
    where TRowExtent : struct, ITileExtent
    where TColumnExtent : struct, ITileExtent
    where TAccess : struct, ITiledAccess
    where TMath : struct, ITensorCoreMath
    where TRows : struct, ITiledOperand
    where TResult : struct, ITiledResult
{
    // What a kernel gets of shared memory without asking.
    private const int SharedBytes = 48 * 1024;

    // An instruction's 64 rows, in the blocks of 16 that are loaded at once.
    private const int BlocksPerInstruction = 4;

    /// <summary>One block tile of the result, or of one slice's share of it.</summary>
    public static void Multiply(
        TResult result, ArrayView<float> partial, TRows rows, ArrayView<float> columns, TiledPlan plan)
    {
        int rowBytes = TensorCoreStage<TRowExtent, TAccess, TMath, TRows>.Bytes;
        int stageBytes = rowBytes + PackedColumns<TColumnExtent, TMath>.Bytes;
        // One to multiply and two on their way; three, where there is room.
        int stages = 4 * stageBytes <= SharedBytes ? 4 : 3;
        ArrayView<Float4> shared = SharedMemory.Allocate<Float4>(stages * stageBytes / 16);
        uint memory = TensorCore.SharedAddress(ref shared[0]), last = memory + (uint)((stages - 1) * stageBytes);

        int rowTile = plan.ColumnTiles.Divide(Grid.IdxX, out int columnTile), rowStart = rowTile * TRowExtent.Length;
        int begin = Grid.IdxY * plan.SliceDepth, end = Math.Min(plan.Depth, begin + plan.SliceDepth);
        int warpRow = (Group.IdxX >> 5) * 16;
        var rowStage = new TensorCoreStage<TRowExtent, TAccess, TMath, TRows>(
            rows, rowStart, Group.IdxX, warpRow, isColumns: false);
        var columnStage = new PackedColumns<TColumnExtent, TMath>(columns, columnTile, plan.Depth, Group.IdxX);
        Fetch(rowStage, columnStage, memory, begin, end);
        Fetch(rowStage, columnStage, memory + (uint)stageBytes, begin + TMath.StageDepth, end);
        if (stages > 3)
            Fetch(rowStage, columnStage, memory + (uint)(2 * stageBytes), begin + 2 * TMath.StageDepth, end);
        TensorCore.AwaitCopies(stages - 2);
        Warpgroup.FenceCopies();
        Group.Barrier();

        WarpgroupSums sums = default;
        WarpgroupRows factors = Rounded(Load(rowStage, memory));
        uint current = memory, next = memory + (uint)stageBytes, free = last;
        for (int depth = begin; depth < end; depth += TMath.StageDepth)
        {
            MultiplyStage(ref sums, factors, current + (uint)rowBytes);
            // This thread's copies of the next stage are done; after the barrier everybody's are, and nobody multiplies
            // the stage before this one any more.
            TensorCore.AwaitCopies(stages - 3);
            Warpgroup.FenceCopies();
            Group.Barrier();
            WarpgroupRows nextFactors = Load(rowStage, next);
            if (depth + (stages - 1) * TMath.StageDepth < end)
                Fetch(rowStage, columnStage, free, depth + (stages - 1) * TMath.StageDepth, end);
            else
                // An empty group keeps the count of groups right at the end.
                TensorCore.CommitCopies();
            Warpgroup.AwaitProducts();
            factors = Rounded(nextFactors);
            free = current;
            current = next;
            next = next == last ? memory : next + (uint)stageBytes;
        }

        int lane = Group.IdxX & 31, row = rowStart + warpRow + (lane >> 2);
        int column = columnTile * TColumnExtent.Length + (lane & 3) * 2;
        Store(sums.Rows0, row, column, result, partial, plan);
        if (TRowExtent.Length > 64)
            Store(sums.Rows64, row + 64, column, result, partial, plan);
        // As in TensorCoreGemm, nothing is on its way to the first stage any more.
        if (TResult.HasStatistics)
            TileStatistics.Write<TRowExtent, TColumnExtent, TAccess, TResult>(
                shared, Warpgroup.Threads, result, rowTile, columnTile, plan);
    }

    /// <summary>Begins to copy a stage of both factors.</summary>
    private static void Fetch(
        TensorCoreStage<TRowExtent, TAccess, TMath, TRows> rowStage, PackedColumns<TColumnExtent, TMath> columnStage,
        uint address, int depth, int end)
    {
        rowStage.Fetch(address, depth, end);
        columnStage.Fetch(address + (uint)TensorCoreStage<TRowExtent, TAccess, TMath, TRows>.Bytes, depth, end);
        TensorCore.CommitCopies();
    }

    /// <summary>A lane's part of a stage's rows, as they are in memory.</summary>
    private static WarpgroupRows Load(TensorCoreStage<TRowExtent, TAccess, TMath, TRows> stage, uint address)
    {
        WarpgroupRows rows = default;
        rows.Rows0 = stage.Load(address, 0, 0);
        rows.Rows0Deeper = stage.Load(address, 0, 1);
        if (TRowExtent.Length > 64)
        {
            rows.Rows64 = stage.Load(address, BlocksPerInstruction, 0);
            rows.Rows64Deeper = stage.Load(address, BlocksPerInstruction, 1);
        }
        return rows;
    }

    /// <summary>The same, rounded.</summary>
    private static WarpgroupRows Rounded(WarpgroupRows rows)
    {
        rows.Rows0 = TMath.Round(rows.Rows0);
        rows.Rows0Deeper = TMath.Round(rows.Rows0Deeper);
        rows.Rows64 = TMath.Round(rows.Rows64);
        rows.Rows64Deeper = TMath.Round(rows.Rows64Deeper);
        return rows;
    }

    /// <summary>Begins a stage's products, one after the other.</summary>
    private static void MultiplyStage(ref WarpgroupSums sums, WarpgroupRows factors, uint columnAddress)
    {
        long columns = PackedColumns<TColumnExtent, TMath>.Step(columnAddress, 0);
        long deeper = PackedColumns<TColumnExtent, TMath>.Step(columnAddress, 1);
        Warpgroup.FenceRegisters();
        MultiplyStep(ref sums.Rows0, factors.Rows0, columns);
        if (TRowExtent.Length > 64)
            MultiplyStep(ref sums.Rows64, factors.Rows64, columns);
        MultiplyStep(ref sums.Rows0, factors.Rows0Deeper, deeper);
        if (TRowExtent.Length > 64)
            MultiplyStep(ref sums.Rows64, factors.Rows64Deeper, deeper);
        Warpgroup.CommitProducts();
    }

    private static void MultiplyStep(ref WarpColumns128 sums, Fragment a, long b)
    {
        if (TColumnExtent.Length > 64)
            sums = TMath.MultiplyAdd(a, b, sums);
        else
            sums.Columns0 = TMath.MultiplyAdd(a, b, sums.Columns0);
    }

    private static void Store(
        WarpColumns128 sums, int row, int column, TResult result, ArrayView<float> partial, TiledPlan plan)
    {
        // As a warp of TensorCoreGemm's largest block tile, which has 64 columns.
        TensorCoreResults<Extent128, TAccess, TResult>.Store(sums.Columns0, row, column, result, partial, plan);
        if (TColumnExtent.Length > 64)
            TensorCoreResults<Extent128, TAccess, TResult>.Store(
                sums.Columns64, row, column + 64, result, partial, plan);
    }
}
