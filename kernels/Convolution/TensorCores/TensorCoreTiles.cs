using ILGPU;
using ILGPU.Runtime;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The block tiles of <see cref="TensorCoreGemm"/>, and which one a matrix product takes.</summary>
internal static class TensorCoreTiles
{
    // The small tile costs more because it reads twice as much: a warp with 64x64 results reads 128 floats of shared
    // memory for 4096 multiply-adds, one with 32x32 reads 64 for 1024. A warp of it has a quarter of the independent
    // products, so it takes two groups to have work while others wait.
    private static readonly TileCost Small = new(TileAlgorithm.Small, 64, 64, Cost: 1.5, GroupsToSaturate: 2);

    // Six tenths of the 1024 multiply-adds of tf32 that a multiprocessor does in a cycle, and of the 2048 of bf16
    // (docs/convolution.md).
    private const double Tf32Pace = 600, Bf16Pace = 2 * Tf32Pace;

    private static readonly TileCost[] All =
    [
        new TileCost(TileAlgorithm.Large, 128, 128, Cost: 1, GroupsToSaturate: 1.6),
        new TileCost(TileAlgorithm.Tall, 128, 64, Cost: 1.2, GroupsToSaturate: 2),
        new TileCost(TileAlgorithm.Wide, 64, 128, Cost: 1.2, GroupsToSaturate: 2),
        Small,
    ];

    private static readonly TiledPlanner Tf32 = new(Tf32Math.StageDepth, Tf32Pace, All);

    private static readonly TiledPlanner Tf32OneByOne = new(Tf32Math.StageDepth, Tf32Pace, Small);

    private static readonly TiledPlanner Bf16 = new(Bf16Math.StageDepth, Bf16Pace, All);

    private static readonly TiledPlanner Bf16OneByOne = new(Bf16Math.StageDepth, Bf16Pace, Small);

    /// <summary>What cuts products into block tiles.</summary>
    /// <remarks>
    /// What is read or written one by one has the small tile only: addresses of single floats take so many registers
    /// that a larger one would spill, and in bf16 only results in singles are written so, where a row of them has an
    /// odd number or a view begins between quads.
    /// </remarks>
    public static TiledPlanner Planner<TAccess, TMath>()
        where TAccess : struct, ITiledAccess
        where TMath : struct, ITensorCoreMath =>
        (TMath.OfBFloat16, TAccess.WritesNeighbours) switch
        {
            (false, true) => Tf32,
            (false, false) => Tf32OneByOne,
            (true, true) => Bf16,
            (true, false) => Bf16OneByOne,
        };

    /// <summary>Multiplies rows by columns.</summary>
    public static void Multiply<TAccess, TMath, TRows, TColumns, TResult>(
        ComputeDevice device, TResult result, ArrayView<float> partial, TRows rows, TColumns columns, TiledPlan plan)
        where TAccess : struct, ITiledAccess
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult =>
        device.LaunchGrouped(
            Kernel<TAccess, TMath, TRows, TColumns, TResult>(plan), new Index2D(plan.Tiles, plan.Slices),
            Specialization(plan.RowExtent, plan.ColumnExtent), result, partial, rows, columns, plan);

    private static Action<TResult, ArrayView<float>, TRows, TColumns, TiledPlan>
        Kernel<TAccess, TMath, TRows, TColumns, TResult>(TiledPlan plan)
        where TAccess : struct, ITiledAccess
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult =>
        (plan.RowExtent == Extent128.Length, plan.ColumnExtent == Extent128.Length) switch
        {
            (true, true) => TensorCoreGemm<Extent128, Extent128, TAccess, TMath, TRows, TColumns, TResult>.Multiply,
            (true, false) => TensorCoreGemm<Extent128, Extent64, TAccess, TMath, TRows, TColumns, TResult>.Multiply,
            (false, true) => TensorCoreGemm<Extent64, Extent128, TAccess, TMath, TRows, TColumns, TResult>.Multiply,
            (false, false) => TensorCoreGemm<Extent64, Extent64, TAccess, TMath, TRows, TColumns, TResult>.Multiply,
        };

    /// <summary>
    /// How a kernel is compiled: its threads, and the groups that a multiprocessor's 65536 registers must suffice for.
    /// </summary>
    /// <remarks>
    /// 255 registers per thread for two groups of large tiles, 170 for three, 128 for four of small ones.
    /// </remarks>
    public static KernelSpecialization Specialization(int rowExtent, int columnExtent) =>
        new(TensorCoreGemm.Threads, (rowExtent, columnExtent) switch
        {
            (128, 128) => 2,
            (64, 64) => 4,
            _ => 3,
        });
}
