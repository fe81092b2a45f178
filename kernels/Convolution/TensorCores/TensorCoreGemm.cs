using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The sizes that all variants of
/// <see cref="TensorCoreGemm{TRowExtent, TColumnExtent, TAccess, TMath, TRows, TColumns, TResult}"/> have.
/// </summary>
internal static class TensorCoreGemm
{
    /// <summary>Threads of a group.</summary>
    public const int Threads = 128;

    /// <summary>Bytes of a stage for each of its outer indices.</summary>
    public const int RowBytes = 64;

    /// <summary>Bytes of a quad: what is copied at once.</summary>
    public const int QuadBytes = 16;
}

/// <summary>The matrix product of <see cref="TiledGemm"/> on tensor cores.</summary>
/// <remarks>
/// <c>result[row, column] = Σ depth  rows[row, depth] · columns[column, depth]</c>, factors of bfloat16, or singles
/// that are rounded to tf32 on their way from shared memory to the tensor cores, sums in single precision. A group is
/// four warps, two by two, and each computes a quarter of the block tile.
/// </remarks>
internal static class TensorCoreGemm<TRowExtent, TColumnExtent, TAccess, TMath, TRows, TColumns, TResult>
    where TRowExtent : struct, ITileExtent
    where TColumnExtent : struct, ITileExtent
    where TAccess : struct, ITiledAccess
    where TMath : struct, ITensorCoreMath
    where TRows : struct, ITiledOperand
    where TColumns : struct, ITiledOperand
    where TResult : struct, ITiledResult
{
    // One to multiply and two on their way, 48 KiB for 128x128, all of shared memory that a kernel gets without asking.
    private const int Stages = 3;

    /// <summary>One block tile of the result, or of one slice's share of it.</summary>
    public static void Multiply(TResult result, ArrayView<float> partial, TRows rows, TColumns columns, TiledPlan plan)
    {
        int rowBytes = TensorCoreStage<TRowExtent, TAccess, TMath, TRows>.Bytes;
        int stageBytes = rowBytes + TensorCoreStage<TColumnExtent, TAccess, TMath, TColumns>.Bytes;
        ArrayView<Float4> shared = SharedMemory.Allocate<Float4>(
            Stages * TensorCoreGemm.RowBytes * (TRowExtent.Length + TColumnExtent.Length) / 16);
        uint memory = TensorCore.SharedAddress(ref shared[0]);

        int rowTile = plan.ColumnTiles.Divide(Grid.IdxX, out int columnTile);
        int rowStart = rowTile * TRowExtent.Length, columnStart = columnTile * TColumnExtent.Length;
        int begin = Grid.IdxY * plan.SliceDepth, end = Math.Min(plan.Depth, begin + plan.SliceDepth);
        int warp = Group.IdxX >> 5, warpRow = (warp >> 1) * (TRowExtent.Length / 2);
        int warpColumn = (warp & 1) * (TColumnExtent.Length / 2);
        var rowStage = new TensorCoreStage<TRowExtent, TAccess, TMath, TRows>(
            rows, rowStart, Group.IdxX, warpRow, isColumns: false);
        var columnStage = new TensorCoreStage<TColumnExtent, TAccess, TMath, TColumns>(
            columns, columnStart, Group.IdxX, warpColumn, isColumns: true);

        TensorCoreSums sums = default;
        uint current = memory, next = memory + (uint)(2 * stageBytes), last = next;
        rowStage.Fetch(memory, begin, end);
        columnStage.Fetch(memory + (uint)rowBytes, begin, end);
        TensorCore.CommitCopies();
        rowStage.Fetch(memory + (uint)stageBytes, begin + TMath.StageDepth, end);
        columnStage.Fetch(memory + (uint)(stageBytes + rowBytes), begin + TMath.StageDepth, end);
        TensorCore.CommitCopies();
        for (int depth = begin; depth < end; depth += TMath.StageDepth)
        {
            // This thread's copies of the current stage are done; after the barrier everybody's are, and nobody reads
            // the stage before it any more.
            TensorCore.AwaitCopies(1);
            Group.Barrier();
            if (depth + 2 * TMath.StageDepth < end)
            {
                rowStage.Fetch(next, depth + 2 * TMath.StageDepth, end);
                columnStage.Fetch(next + (uint)rowBytes, depth + 2 * TMath.StageDepth, end);
            }
            // An empty group keeps the count of groups right at the end.
            TensorCore.CommitCopies();
            MultiplyStage(ref sums, rowStage, current, columnStage, current + (uint)rowBytes);
            current = current == last ? memory : current + (uint)stageBytes;
            next = next == last ? memory : next + (uint)stageBytes;
        }

        int lane = Group.IdxX & 31;
        int row = rowStart + warpRow + (lane >> 2), column = columnStart + warpColumn + (lane & 3) * 2;
        TensorCoreResults<TColumnExtent, TAccess, TResult>.Store(sums.Rows0, row, column, result, partial, plan);
        TensorCoreResults<TColumnExtent, TAccess, TResult>.Store(sums.Rows16, row + 16, column, result, partial, plan);
        if (TRowExtent.Length > 64)
        {
            TensorCoreResults<TColumnExtent, TAccess, TResult>.Store(
                sums.Rows32, row + 32, column, result, partial, plan);
            TensorCoreResults<TColumnExtent, TAccess, TResult>.Store(
                sums.Rows48, row + 48, column, result, partial, plan);
        }
        // Zeros past the end of the depth may still be on their way, but not to the first stage.
        if (TResult.HasStatistics)
            TileStatistics.Write<TRowExtent, TColumnExtent, TAccess, TResult>(
                shared, TensorCoreGemm.Threads, result, rowTile, columnTile, plan);
    }

    private static void MultiplyStage(
        ref TensorCoreSums sums, TensorCoreStage<TRowExtent, TAccess, TMath, TRows> rowStage, uint rowAddress,
        TensorCoreStage<TColumnExtent, TAccess, TMath, TColumns> columnStage, uint columnAddress)
    {
        MultiplyStep(ref sums, rowStage, rowAddress, columnStage, columnAddress, 0);
        MultiplyStep(ref sums, rowStage, rowAddress, columnStage, columnAddress, 1);
    }

    private static void MultiplyStep(
        ref TensorCoreSums sums, TensorCoreStage<TRowExtent, TAccess, TMath, TRows> rowStage, uint rowAddress,
        TensorCoreStage<TColumnExtent, TAccess, TMath, TColumns> columnStage, uint columnAddress, int step)
    {
        bool large = TColumnExtent.Length > 64;
        Fragment b0 = TMath.Round(columnStage.LoadColumns(columnAddress, 0, step));
        Fragment b1 = TMath.Round(columnStage.LoadColumns(columnAddress, 1, step));
        Fragment b2 = large ? TMath.Round(columnStage.LoadColumns(columnAddress, 2, step)) : default;
        Fragment b3 = large ? TMath.Round(columnStage.LoadColumns(columnAddress, 3, step)) : default;
        MultiplyRow(ref sums.Rows0, TMath.Round(rowStage.Load(rowAddress, 0, step)), b0, b1, b2, b3);
        MultiplyRow(ref sums.Rows16, TMath.Round(rowStage.Load(rowAddress, 1, step)), b0, b1, b2, b3);
        if (TRowExtent.Length > 64)
        {
            MultiplyRow(ref sums.Rows32, TMath.Round(rowStage.Load(rowAddress, 2, step)), b0, b1, b2, b3);
            MultiplyRow(ref sums.Rows48, TMath.Round(rowStage.Load(rowAddress, 3, step)), b0, b1, b2, b3);
        }
    }

    private static void MultiplyRow(
        ref WarpColumns64 sums, Fragment a, Fragment b0, Fragment b1, Fragment b2, Fragment b3)
    {
        sums.Columns0 = TMath.MultiplyAdd(a, b0.X, b0.Y, sums.Columns0);
        sums.Columns8 = TMath.MultiplyAdd(a, b0.Z, b0.W, sums.Columns8);
        sums.Columns16 = TMath.MultiplyAdd(a, b1.X, b1.Y, sums.Columns16);
        sums.Columns24 = TMath.MultiplyAdd(a, b1.Z, b1.W, sums.Columns24);
        if (TColumnExtent.Length > 64)
        {
            sums.Columns32 = TMath.MultiplyAdd(a, b2.X, b2.Y, sums.Columns32);
            sums.Columns40 = TMath.MultiplyAdd(a, b2.Z, b2.W, sums.Columns40);
            sums.Columns48 = TMath.MultiplyAdd(a, b3.X, b3.Y, sums.Columns48);
            sums.Columns56 = TMath.MultiplyAdd(a, b3.Z, b3.W, sums.Columns56);
        }
    }
}
