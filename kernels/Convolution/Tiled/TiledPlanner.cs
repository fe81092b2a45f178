using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>A block tile that a kind of kernel has.</summary>
/// <param name="Algorithm">Its name.</param>
/// <param name="Rows">Rows of the result.</param>
/// <param name="Columns">Columns of the result.</param>
/// <param name="Cost">
/// What a multiply-add of it costs, relative to the largest one. As the next one a guess, to be fitted on a GPU.
/// </param>
/// <param name="GroupsToSaturate">
/// Groups that keep a multiprocessor at its pace; fewer of them leave it idle while they wait for memory.
/// </param>
internal readonly record struct TileCost(
    TileAlgorithm Algorithm, int Rows, int Columns, double Cost, double GroupsToSaturate);

/// <summary>
/// Chooses the block tile, among those that a kind of kernel has, and the number of slices of the depth that take the
/// least time, by counting: on the 132 multiprocessors of an H100 or H200, with memory as an H200's 4.8 TB/s.
/// </summary>
/// <remarks>
/// <code>
/// cycles = max(waves, groupsToSaturate) · rows · columns · (sliceDepth + 2 stageDepth) · cost / pace        waves = ⌈tiles · slices / 132⌉
///        + 4 bytes · (2 slices + 1) · results / (132 · 17) + 4000                                           where there are several slices
/// </code>
/// 196 block tiles run in two waves: 64 of 132 multiprocessors have two tiles and the others wait for them, which is
/// three quarters of the machine's pace. 392 tiles half as large run in three full waves, at 99 %. Slices fill a wave
/// too, but each writes its share of the results to memory and has it read again. All of it is counted and none
/// measured. It depends on the sizes alone, never on the device, so that the same sums are done in the same order
/// everywhere.
/// </remarks>
/// <param name="stageDepth">Depth of a stage.</param>
/// <param name="pace">Multiply-adds that a multiprocessor does in a cycle, with the largest block tile.</param>
/// <param name="tiles">The kernel's block tiles, the largest first.</param>
internal sealed class TiledPlanner(int stageDepth, double pace, params TileCost[] tiles)
{
    private const int Multiprocessors = 132;

    // Of twelve waves the last one's idle part is a twelfth at most, and more slices could save no more than that.
    // Shorter slices are not worth the launch that adds them.
    private const int MaxWaves = 12, MinSliceDepth = 256;

    // 17 of the 20 bytes a cycle that each multiprocessor's share of 4.8 TB/s is.
    private const double BytesPerCycle = 17;

    /// <summary>Cycles of one more launch, such as the one that adds the slices: 2 microseconds.</summary>
    public const double LaunchCycles = 4000;

    // The first stages must have arrived before the first product.
    private int FillDepth => 2 * stageDepth;

    /// <summary>The plan for a product.</summary>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="columns">Columns of the result.</param>
    /// <param name="depth">Length of the sums; may be 0.</param>
    /// <param name="forced">The block tile to use, if the kernel has it; null for the one that costs least.</param>
    public TiledPlan Plan(int rows, int columns, int depth, TileAlgorithm? forced) =>
        Plan(rows, columns, depth, forced, out _);

    /// <summary>The plan for a product, and what it takes.</summary>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="columns">Columns of the result.</param>
    /// <param name="depth">Length of the sums; may be 0.</param>
    /// <param name="forced">The block tile to use, if the kernel has it; null for the one that costs least.</param>
    /// <param name="cycles">Cycles that it takes, by counting.</param>
    public TiledPlan Plan(int rows, int columns, int depth, TileAlgorithm? forced, out double cycles)
    {
        (TileCost tile, int sliceDepth, cycles) = Cheapest(rows, columns, depth, 1, isCut: true, forced);
        return new TiledPlan(rows, columns, depth, tile.Rows, tile.Columns, sliceDepth);
    }

    /// <summary>The plan for a batch of products of one size (batched GEMM).</summary>
    /// <remarks>
    /// Their depths lie one behind the other, as if they were one product, and a slice belongs to one of them. So what
    /// a kernel writes as the share of a slice is a product of the batch, or a share of it. What is counted for adding
    /// slices stands for whatever the products are read for. Each product gets the depth of its slices, whole stages,
    /// so that <see cref="TiledPlan.Depth"/> may be more than was asked for.
    /// </remarks>
    /// <param name="rows">Rows of a result.</param>
    /// <param name="columns">Columns of a result.</param>
    /// <param name="depth">Length of a product's sums.</param>
    /// <param name="products">Number of products.</param>
    /// <param name="isCut">Whether a product may be cut into several slices.</param>
    /// <param name="forced">The block tile to use, if the kernel has it; null for the one that costs least.</param>
    /// <param name="cycles">Cycles that it takes, by counting.</param>
    public TiledPlan PlanBatched(
        int rows, int columns, int depth, int products, bool isCut, TileAlgorithm? forced, out double cycles)
    {
        (TileCost tile, int sliceDepth, cycles) = Cheapest(rows, columns, depth, products, isCut, forced);
        int paddedDepth = Slices(depth, sliceDepth) * sliceDepth;
        return new TiledPlan(
            rows, columns, Sizes.Countable((long)products * paddedDepth), tile.Rows, tile.Columns, sliceDepth);
    }

    /// <summary>Cycles that floats take to or from memory.</summary>
    public static double TrafficCycles(double floats) => sizeof(float) * floats / (Multiprocessors * BytesPerCycle);

    private (TileCost Tile, int SliceDepth, double Cycles) Cheapest(
        int rows, int columns, int depth, int products, bool isCut, TileAlgorithm? forced)
    {
        bool isForced = Array.Exists(tiles, tile => tile.Algorithm == forced);
        (TileCost Tile, int SliceDepth, double Cycles) best = (tiles[0], 0, double.PositiveInfinity);
        foreach (TileCost tile in tiles)
        {
            if (isForced && tile.Algorithm != forced)
                continue;
            long groups = (long)Ceiling.Divide(rows, tile.Rows) * Ceiling.Divide(columns, tile.Columns);
            // 0 waves stand for one slice, which may cost least even where it fills no wave.
            for (int waves = 0, before = 0; waves <= (isCut ? MaxWaves : 0); waves++)
            {
                int sliceDepth = SliceDepth(depth, waves * Multiprocessors / (groups * products));
                // Counted already: most products have one slice for any number of waves, and this runs at every launch.
                if (sliceDepth == before)
                    continue;
                before = sliceDepth;
                double cycles = Cycles(tile, rows, columns, groups, products * Slices(depth, sliceDepth), sliceDepth);
                if (cycles < best.Cycles)
                    best = (tile, sliceDepth, cycles);
            }
        }
        return best;
    }

    /// <summary>Depth of as many slices as are wanted, whole stages.</summary>
    private int SliceDepth(int depth, long wanted)
    {
        int slices = (int)Math.Clamp(wanted, 1, Math.Max(1, depth / MinSliceDepth));
        return Math.Max(1, Ceiling.Divide(Ceiling.Divide(depth, slices), stageDepth)) * stageDepth;
    }

    private static int Slices(int depth, int sliceDepth) => Math.Max(1, Ceiling.Divide(depth, sliceDepth));

    private double Cycles(TileCost tile, int rows, int columns, long groups, int slices, int sliceDepth)
    {
        double waves = Math.Ceiling((double)groups * slices / Multiprocessors);
        double cycles = Math.Max(waves, tile.GroupsToSaturate) * tile.Rows * tile.Columns * (sliceDepth + FillDepth)
            * tile.Cost / pace;
        return slices == 1
            ? cycles
            : cycles + TrafficCycles((2.0 * slices + 1) * rows * columns) + LaunchCycles;
    }
}
