using ILGPU;
using ILGPU.Runtime;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// What all variants of <see cref="TiledGemm{TExtent, TAccess, TRows, TColumns, TResult}"/> have: sizes, block tiles,
/// access to memory.
/// </summary>
internal static class TiledGemm
{
    /// <summary>Rows and columns of the results of one thread.</summary>
    public const int RegisterExtent = 8;

    /// <summary>
    /// Depth of a stage: two quads, so that a warp reads whole 32-byte sectors also where it goes along the depth.
    /// </summary>
    public const int StageDepth = 8;

    /// <summary>What cuts products into block tiles.</summary>
    /// <remarks>
    /// Of the 128 multiply-adds that a multiprocessor can do in a cycle its loops reach some 100: the share of them
    /// among the instructions (docs/convolution.md). The small tile loads everything twice as often; four of its groups
    /// have the eight warps of which each of four schedulers needs two.
    /// </remarks>
    public static readonly TiledPlanner Planner = new(
        StageDepth, pace: 100,
        new TileCost(TileAlgorithm.Large, Extent128.Length, Extent128.Length, Cost: 1, GroupsToSaturate: 1.3),
        new TileCost(TileAlgorithm.Small, Extent64.Length, Extent64.Length, Cost: 1.125, GroupsToSaturate: 4));

    /// <summary>Threads of a group.</summary>
    public static int Threads(int extent) => extent / RegisterExtent * (extent / RegisterExtent);

    /// <summary>The kernel for a plan's block tiles.</summary>
    public static Action<TResult, ArrayView<float>, TRows, TColumns, TiledPlan> Kernel<TRows, TColumns, TResult>(
        TiledPlan plan, bool quads)
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult =>
        (plan.RowExtent == Extent128.Length, quads) switch
        {
            (true, true) => TiledGemm<Extent128, QuadAccess, TRows, TColumns, TResult>.Multiply,
            (true, false) => TiledGemm<Extent128, SingleAccess, TRows, TColumns, TResult>.Multiply,
            (false, true) => TiledGemm<Extent64, QuadAccess, TRows, TColumns, TResult>.Multiply,
            (false, false) => TiledGemm<Extent64, SingleAccess, TRows, TColumns, TResult>.Multiply,
        };

    /// <summary>
    /// How a kernel is compiled: its threads, and the groups that a multiprocessor's 65536 registers must suffice for.
    /// </summary>
    /// <remarks>
    /// That is 128 registers per thread for two large groups, and 170 for six small ones. Without a limit the assembler
    /// takes more than it needs, and too few warps are left to hide latencies. The addresses of single floats need
    /// more, so one large group has to do; tests check that nothing spills.
    /// </remarks>
    public static KernelSpecialization Specialization(int extent, bool quads) =>
        new(Threads(extent), extent == Extent64.Length ? 6 : quads ? 2 : 1);

    /// <summary>
    /// Quads from one depth to the next of a stage in shared memory. The one that is too many moves the second four
    /// depths 16 banks on: the 32 lanes that store one float each, 16 rows at two such depths, then meet 32 different
    /// banks.
    /// </summary>
    public static int QuadPitch(int extent) => extent / 4 + 1;

    /// <summary>The float at an offset, or zero for <see cref="TiledAnchor.Outside"/>.</summary>
    public static float LoadSingle(ArrayView<float> view, int offset) => offset < 0 ? 0 : view[offset];

    /// <summary>The quad at an offset, or zero for <see cref="TiledAnchor.Outside"/>.</summary>
    public static Float4 LoadQuad(ArrayView<float> view, int offset) =>
        offset < 0 ? default : view.Cast<Float4>()[offset >> 2];

    /// <summary>An element of the row at an offset; past the edge the last again, which takes no branch.</summary>
    public static float LoadOrLast(ArrayView<float> view, int rowOffset, int column, int columns) =>
        view[rowOffset + Math.Min(column, columns - 1)];

    /// <summary>As <see cref="LoadOrLast"/>, with the next element.</summary>
    public static Float2 LoadPairOrLast(ArrayView<float> view, int rowOffset, int column, int columns)
    {
        Float2 pair;
        pair.X = LoadOrLast(view, rowOffset, column, columns);
        pair.Y = LoadOrLast(view, rowOffset, column + 1, columns);
        return pair;
    }

    /// <summary>As <see cref="LoadOrLast"/>, with the next three.</summary>
    public static Float4 LoadQuadOrLast(ArrayView<float> view, int rowOffset, int column, int columns)
    {
        Float4 quad;
        quad.X = LoadOrLast(view, rowOffset, column, columns);
        quad.Y = LoadOrLast(view, rowOffset, column + 1, columns);
        quad.Z = LoadOrLast(view, rowOffset, column + 2, columns);
        quad.W = LoadOrLast(view, rowOffset, column + 3, columns);
        return quad;
    }
}

/// <summary>The matrix product that all passes of the convolution are.</summary>
/// <remarks><c>result[row, column] = Σ depth  rows[row, depth] · columns[column, depth]</c></remarks>
internal static class TiledGemm<TExtent, TAccess, TRows, TColumns, TResult>
    where TExtent : struct, ITileExtent
    where TAccess : struct, ITiledAccess
    where TRows : struct, ITiledOperand
    where TColumns : struct, ITiledOperand
    where TResult : struct, ITiledResult
{
    private const int StageDepth = TiledGemm.StageDepth;

    // The lanes of a warp lie 4 x 8 over their results, the squarest that 32 can: that reads the fewest different
    // addresses of shared memory.
    private const int LaneRows = 4, LaneColumns = 8;

    /// <summary>
    /// One block tile of the result, or of one slice's share of it. Two stages lie in shared memory: while a group
    /// multiplies one, it fetches the next, so that a single barrier a stage keeps readers and writers apart.
    /// </summary>
    public static void Multiply(
        TResult result, ArrayView<float> partial, TRows rows, TColumns columns, TiledPlan plan)
    {
        int stageQuads = StageDepth * TiledGemm.QuadPitch(TExtent.Length);
        ArrayView<Float4> rowBuffers = SharedMemory.Allocate<Float4>(2 * stageQuads);
        ArrayView<Float4> columnBuffers = SharedMemory.Allocate<Float4>(2 * stageQuads);

        int rowTile = plan.ColumnTiles.Divide(Grid.IdxX, out int columnTile), rowStart = rowTile * TExtent.Length;
        int columnStart = columnTile * TExtent.Length;
        int begin = Grid.IdxY * plan.SliceDepth, end = Math.Min(plan.Depth, begin + plan.SliceDepth);
        var rowStage = new TiledStage<TExtent, TAccess, TRows>(rows, rowStart, Group.IdxX);
        var columnStage = new TiledStage<TExtent, TAccess, TColumns>(columns, columnStart, Group.IdxX);

        int lane = Group.IdxX & 31, warp = Group.IdxX >> 5;
        int warpColumns = TExtent.Length / TiledGemm.RegisterExtent / LaneColumns;
        int warpRow = warp / warpColumns, warpColumn = warp - warpRow * warpColumns;
        // The thread's eight rows are a quad in the upper half of the block tile and a quad in the lower; its columns
        // likewise left and right.
        int quadRow = warpRow * LaneRows + (lane >> 3), quadColumn = warpColumn * LaneColumns + (lane & 7);

        ThreadSums sums = default;
        rowStage.Fetch(begin, end);
        columnStage.Fetch(begin, end);
        rowStage.Store(rowBuffers);
        columnStage.Store(columnBuffers);
        Group.Barrier();
        int current = 0;
        for (int depth = begin; depth < end; depth += StageDepth)
        {
            rowStage.Fetch(depth + StageDepth, end);
            columnStage.Fetch(depth + StageDepth, end);
            ArrayView<Float4> row = rowBuffers.SubView(current + quadRow);
            ArrayView<Float4> column = columnBuffers.SubView(current + quadColumn);
            Step(ref sums, row, column, 0);
            Step(ref sums, row, column, 1);
            Step(ref sums, row, column, 2);
            Step(ref sums, row, column, 3);
            Step(ref sums, row, column, 4);
            Step(ref sums, row, column, 5);
            Step(ref sums, row, column, 6);
            Step(ref sums, row, column, 7);
            current = stageQuads - current;
            rowStage.Store(rowBuffers.SubView(current));
            columnStage.Store(columnBuffers.SubView(current));
            Group.Barrier();
        }

        int top = rowStart + quadRow * 4, bottom = top + TExtent.Length / 2, left = columnStart + quadColumn * 4;
        Store(sums.Row0, top, left, result, partial, plan);
        Store(sums.Row1, top + 1, left, result, partial, plan);
        Store(sums.Row2, top + 2, left, result, partial, plan);
        Store(sums.Row3, top + 3, left, result, partial, plan);
        Store(sums.Row4, bottom, left, result, partial, plan);
        Store(sums.Row5, bottom + 1, left, result, partial, plan);
        Store(sums.Row6, bottom + 2, left, result, partial, plan);
        Store(sums.Row7, bottom + 3, left, result, partial, plan);
        if (TResult.HasStatistics)
            TileStatistics.Write<TExtent, TExtent, TAccess, TResult>(
                rowBuffers, TiledGemm.Threads(TExtent.Length), result, rowTile, columnTile, plan);
    }

    private static void Step(ref ThreadSums sums, ArrayView<Float4> row, ArrayView<Float4> column, int step)
    {
        int top = step * TiledGemm.QuadPitch(TExtent.Length), bottom = top + TExtent.Length / 8;
        sums.MultiplyAdd(row[top], row[bottom], column[top], column[bottom]);
    }

    private static void Store(
        RegisterRow sums, int row, int left, TResult result, ArrayView<float> partial, TiledPlan plan)
    {
        if (row >= plan.Rows)
            return;
        int right = left + TExtent.Length / 2;
        if (plan.Slices > 1)
        {
            int start = (Grid.IdxY * plan.Rows + row) * plan.Columns;
            var slice = new MatrixResult(partial, plan.Columns, default, relu: false);
            TiledGemm<TExtent, TAccess, TRows, TColumns, MatrixResult>.Store(
                slice, start, left, sums.Left, plan.Columns);
            TiledGemm<TExtent, TAccess, TRows, TColumns, MatrixResult>.Store(
                slice, start, right, sums.Right, plan.Columns);
            return;
        }
        int offset = result.Offset(row);
        // All that is needed from memory is asked for before any of it is used.
        RegisterRow addends = default, masks = default;
        if (result.HasAddend)
        {
            addends.Left = Load(result.Addend, result.AddendOffset(offset), left, plan.Columns);
            addends.Right = Load(result.Addend, result.AddendOffset(offset), right, plan.Columns);
        }
        if (result.HasMask)
        {
            masks.Left = Load(result.Mask, offset, left, plan.Columns);
            masks.Right = Load(result.Mask, offset, right, plan.Columns);
        }
        Store(result, offset, left, result.Finish(sums.Left + addends.Left, masks.Left), plan.Columns);
        Store(result, offset, right, result.Finish(sums.Right + addends.Right, masks.Right), plan.Columns);
    }

    private static void Store(TResult result, int offset, int column, Float4 quad, int columns)
    {
        ArrayView<float> view = result.View;
        if (TAccess.WritesNeighbours)
        {
            ArrayView<Float4> quads = view.Cast<Float4>();
            if (column < columns)
                quads[(offset + result.Column(column)) >> 2] = quad;
            return;
        }
        if (column < columns)
            view[offset + result.Column(column)] = quad.X;
        if (column + 1 < columns)
            view[offset + result.Column(column + 1)] = quad.Y;
        if (column + 2 < columns)
            view[offset + result.Column(column + 2)] = quad.Z;
        if (column + 3 < columns)
            view[offset + result.Column(column + 3)] = quad.W;
    }

    /// <summary>Four neighbours; past the edge the last again.</summary>
    private static Float4 Load(ArrayView<float> view, int offset, int column, int columns) =>
        TAccess.WritesNeighbours
        ? view.Cast<Float4>()[(offset + Math.Min(column, columns - 4)) >> 2]
        : TiledGemm.LoadQuadOrLast(view, offset, column, columns);
}
