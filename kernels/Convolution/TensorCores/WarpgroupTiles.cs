using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// Launches <see cref="WarpgroupGemm{TRowSize, TColumnSize, TMath, TRows, TResult}"/>, in the tiles of
/// <see cref="TensorCoreTiles"/>.
/// </summary>
internal static class WarpgroupTiles
{
    /// <summary>Packs the columns, and multiplies them by the rows.</summary>
    public static void Multiply<TMath, TRows, TColumns, TResult>(
        ComputeDevice device, TRows rows, TColumns columns, TResult result, ArrayView<float> share, TiledPlan plan)
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        if (plan.ColumnExtent == LargeTile.Extent)
            Multiply<LargeTile, TMath, TRows, TColumns, TResult>(device, rows, columns, result, share, plan);
        else
            Multiply<SmallTile, TMath, TRows, TColumns, TResult>(device, rows, columns, result, share, plan);
    }

    private static void Multiply<TColumnSize, TMath, TRows, TColumns, TResult>(
        ComputeDevice device, TRows rows, TColumns columns, TResult result, ArrayView<float> share, TiledPlan plan)
        where TColumnSize : struct, ITiledSize
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        int count = PackedColumns<TColumnSize, TMath>.Count(plan.Columns, plan.Depth);
        Tensor packed = device.Arena.Rent(TensorShape.Vector(count));
        device.Launch(
            PackedColumns<TColumnSize, TMath>.Pack<TColumns>, count / 4, packed.View, columns, plan.Depth,
            new FastDivisor(Math.Max(1, Ceiling.Divide(plan.Depth, TensorCoreGemm.Depth))));
        Action<TRows, ArrayView<float>, TResult, ArrayView<float>, TiledPlan> kernel =
            plan.RowExtent == LargeTile.Extent
            ? WarpgroupGemm<LargeTile, TColumnSize, TMath, TRows, TResult>.Multiply
            : WarpgroupGemm<SmallTile, TColumnSize, TMath, TRows, TResult>.Multiply;
        device.LaunchGrouped(
            kernel, new Index2D(plan.Groups, plan.Slices),
            TensorCoreTiles.Specialization(plan.RowExtent, plan.ColumnExtent), rows, packed.View, result, share, plan);
        packed.Release();
    }

    /// <summary>
    /// One weight's gradient from the matrix of all, whose rows are taps and channels in an order and whose columns are
    /// outputs.
    /// </summary>
    public static void Transpose(
        Index1D index, ArrayView<float> gradWeights, ArrayView<float> transposed, FastDivisor byColumns,
        FastDivisor byChannels, TapOrder order, int outputs)
    {
        int k = byColumns.Divide(index, out int column);
        int tap = byChannels.Divide(column, out int channel);
        gradWeights[index] = transposed[order.Depth(tap, channel) * outputs + k];
    }
}
