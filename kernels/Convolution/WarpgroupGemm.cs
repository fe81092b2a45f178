using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The matrix product of <see cref="TensorCoreGemm"/> with the instructions of a whole warpgroup.</summary>
/// <remarks>
/// <c>result[row, column] = Σ depth  rows[row, depth] · columns[column, depth]</c>. A group is one warpgroup; a warp has rows 16w to 16w + 15 of each
/// 64 and all columns. Rows come to shared memory as they are in global memory and are rounded on their way through the registers, each element once;
/// columns were rounded and put in order before (<see cref="PackedColumns{TSize, TMath}"/>), and the tensor cores read them from shared memory themselves.
/// </remarks>
internal static class WarpgroupGemm
{
    // Tiles of a factor in shared memory: one to multiply and two on their way, 48 KiB for 128x128 of tf32, all that a kernel gets without asking.
    private const int Stages = 3;

    // An instruction's 64 rows, in the blocks of 16 that are loaded at once.
    private const int BlocksOfAnInstruction = 4;

    /// <summary>One tile of the result, or of one slice's share of it.</summary>
    public static void Multiply<TRowSize, TColumnSize, TMath, TRows, TResult>(
        TRows rows, ArrayView<float> columns, TResult result, ArrayView<float> partials, TiledPlan plan)
        where TRowSize : struct, ITiledSize
        where TColumnSize : struct, ITiledSize
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        int rowBytes = TensorCoreStage<TRowSize, QuadAccess, TRows>.Bytes, stageBytes = rowBytes + PackedColumns<TColumnSize, TMath>.Bytes;
        ArrayView<Float4> shared = SharedMemory.Allocate<Float4>(
            Stages * (TRowSize.Extent * TensorCoreGemm.Depth / 4 + PackedColumns<TColumnSize, TMath>.Quads));
        uint memory = TensorCore.SharedAddress(ref shared[0]);

        int rowTile = plan.ColumnTiles.Divide(Grid.IdxX, out int columnTile), rowStart = rowTile * TRowSize.Extent;
        int begin = Grid.IdxY * plan.SliceDepth, end = Math.Min(plan.Depth, begin + plan.SliceDepth);
        int warpRow = (Group.IdxX >> 5) * 16;
        var rowStage = new TensorCoreStage<TRowSize, QuadAccess, TRows>(rows, rowStart, Group.IdxX, warpRow);
        var columnStage = new PackedColumns<TColumnSize, TMath>(columns, columnTile, plan.Depth, Group.IdxX);

        WarpgroupSums sums = default;
        uint current = memory, next = memory + (uint)(2 * stageBytes), last = next;
        rowStage.Fetch(memory, begin, end);
        columnStage.Fetch(memory + (uint)rowBytes, begin, end);
        TensorCore.CommitCopies();
        rowStage.Fetch(memory + (uint)stageBytes, begin + TensorCoreGemm.Depth, end);
        columnStage.Fetch(memory + (uint)(stageBytes + rowBytes), begin + TensorCoreGemm.Depth, end);
        TensorCore.CommitCopies();
        for (int depth = begin; depth < end; depth += TensorCoreGemm.Depth)
        {
            // This thread's copies of the current tile are done; behind the barrier everybody's are, and nobody multiplies the tile before it any more.
            TensorCore.AwaitAllButLastCopies();
            Warpgroup.FenceCopies();
            Group.Barrier();
            MultiplyTile<TRowSize, TColumnSize, TMath, TRows>(ref sums, rowStage, current, current + (uint)rowBytes);
            Warpgroup.CommitProducts();
            // The addresses of the tile after next are computed while the tensor cores multiply.
            if (depth + 2 * TensorCoreGemm.Depth < end)
            {
                rowStage.Fetch(next, depth + 2 * TensorCoreGemm.Depth, end);
                columnStage.Fetch(next + (uint)rowBytes, depth + 2 * TensorCoreGemm.Depth, end);
            }
            // An empty group keeps the count of groups right at the end.
            TensorCore.CommitCopies();
            Warpgroup.AwaitProducts();
            current = current == last ? memory : current + (uint)stageBytes;
            next = next == last ? memory : next + (uint)stageBytes;
        }

        int lane = Group.IdxX & 31, row = rowStart + warpRow + (lane >> 2), column = columnTile * TColumnSize.Extent + (lane & 3) * 2;
        Store<TColumnSize, TResult>(sums.Rows0, row, column, result, partials, plan);
        if (TRowSize.Extent > 64)
            Store<TColumnSize, TResult>(sums.Rows64, row + 64, column, result, partials, plan);
    }

    private static void MultiplyTile<TRowSize, TColumnSize, TMath, TRows>(
        ref WarpgroupSums sums, TensorCoreStage<TRowSize, QuadAccess, TRows> rowStage, uint rowTile, uint columnTile)
        where TRowSize : struct, ITiledSize
        where TColumnSize : struct, ITiledSize
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
    {
        bool hasTwoSteps = TMath.Depth < TensorCoreGemm.Depth, hasTwoRows = TRowSize.Extent > 64;
        // All factors first: while the tensor cores multiply, no register of theirs may be written.
        Fragment a0 = Load<TRowSize, TMath, TRows>(rowStage, rowTile, 0, 0);
        Fragment a1 = hasTwoSteps ? Load<TRowSize, TMath, TRows>(rowStage, rowTile, 0, 1) : default;
        Fragment a2 = hasTwoRows ? Load<TRowSize, TMath, TRows>(rowStage, rowTile, BlocksOfAnInstruction, 0) : default;
        Fragment a3 = hasTwoRows && hasTwoSteps ? Load<TRowSize, TMath, TRows>(rowStage, rowTile, BlocksOfAnInstruction, 1) : default;
        long b0 = PackedColumns<TColumnSize, TMath>.Step(columnTile, 0), b1 = PackedColumns<TColumnSize, TMath>.Step(columnTile, 1);
        Warpgroup.FenceRegisters();
        MultiplyStep<TColumnSize, TMath>(ref sums.Rows0, a0, b0);
        if (hasTwoRows)
            MultiplyStep<TColumnSize, TMath>(ref sums.Rows64, a2, b0);
        if (hasTwoSteps)
            MultiplyStep<TColumnSize, TMath>(ref sums.Rows0, a1, b1);
        if (hasTwoRows && hasTwoSteps)
            MultiplyStep<TColumnSize, TMath>(ref sums.Rows64, a3, b1);
    }

    /// <summary>A block of 16 rows as deep as one instruction multiplies.</summary>
    private static Fragment Load<TRowSize, TMath, TRows>(TensorCoreStage<TRowSize, QuadAccess, TRows> stage, uint tile, int block, int step)
        where TRowSize : struct, ITiledSize
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand =>
        TMath.Depth == 8
            ? TMath.Round(stage.Load(tile, block, step), default)
            : TMath.Round(stage.Load(tile, block, 2 * step), stage.Load(tile, block, 2 * step + 1));

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
        TensorCoreGemm.Store<LargeTile, QuadAccess, TResult>(sums.Columns0, row, column, result, partials, plan);
        if (TColumnSize.Extent > 64)
            TensorCoreGemm.Store<LargeTile, QuadAccess, TResult>(sums.Columns64, row, column + 64, result, partials, plan);
    }
}
