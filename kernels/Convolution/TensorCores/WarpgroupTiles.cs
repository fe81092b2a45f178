using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// Launches <see cref="WarpgroupGemm{TRowExtent, TColumnExtent, TAccess, TMath, TRows, TResult}"/>, in the tiles of
/// <see cref="TensorCoreTiles"/>.
/// </summary>
internal static class WarpgroupTiles
{
    /// <summary>Packs the columns, and multiplies them by the rows.</summary>
    public static void Multiply<TAccess, TMath, TRows, TColumns, TResult>(
        ComputeDevice device, TResult result, ArrayView<float> partial, TRows rows, TColumns columns, TiledPlan plan)
        where TAccess : struct, ITiledAccess
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        if (plan.ColumnExtent == Extent128.Length)
            Multiply<Extent128, TAccess, TMath, TRows, TColumns, TResult>(device, result, partial, rows, columns, plan);
        else
            Multiply<Extent64, TAccess, TMath, TRows, TColumns, TResult>(device, result, partial, rows, columns, plan);
    }

    private static void Multiply<TColumnExtent, TAccess, TMath, TRows, TColumns, TResult>(
        ComputeDevice device, TResult result, ArrayView<float> partial, TRows rows, TColumns columns, TiledPlan plan)
        where TColumnExtent : struct, ITileExtent
        where TAccess : struct, ITiledAccess
        where TMath : struct, ITensorCoreMath
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        int count = PackedColumns<TColumnExtent, TMath>.Count(plan.Columns, plan.Depth);
        Tensor packed = device.Arena.Rent(TensorShape.Vector(count));
        device.Launch(
            PackedColumns<TColumnExtent, TMath>.Pack<TColumns>, count / 4, packed.View, columns, plan.Depth,
            new FastDivisor(Math.Max(1, PackedColumns<TColumnExtent, TMath>.DepthTiles(plan.Depth))));
        Action<TResult, ArrayView<float>, TRows, ArrayView<float>, TiledPlan> kernel =
            plan.RowExtent == Extent128.Length
            ? WarpgroupGemm<Extent128, TColumnExtent, TAccess, TMath, TRows, TResult>.Multiply
            : WarpgroupGemm<Extent64, TColumnExtent, TAccess, TMath, TRows, TResult>.Multiply;
        device.LaunchGrouped(
            kernel, new Index2D(plan.Tiles, plan.Slices),
            TensorCoreTiles.Specialization(plan.RowExtent, plan.ColumnExtent), result, partial, rows, packed.View,
            plan);
        packed.Release();
    }

    /// <summary>The weights' gradient from what was computed transposed.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradWeights"><c>[K, R, S, C]</c></param>
    /// <param name="transposed">Rows are taps and channels in an order, columns output channels.</param>
    /// <param name="order">The order.</param>
    /// <param name="shape">The sizes.</param>
    public static void Transpose(
        ComputeDevice device, ArrayView<float> gradWeights, ArrayView<float> transposed, TapOrder order,
        in ConvolutionShape shape) =>
        device.Launch(
            TransposeElement, (int)shape.Weights.Count, gradWeights, transposed,
            new FastDivisor(shape.R * shape.S * shape.C), new FastDivisor(shape.C), order, shape.K);

    /// <summary>One weight's gradient.</summary>
    public static void TransposeElement(
        Index1D index, ArrayView<float> gradWeights, ArrayView<float> transposed, FastDivisor byColumns,
        FastDivisor byChannels, TapOrder order, int outputs)
    {
        int k = byColumns.Divide(index, out int column);
        int tap = byChannels.Divide(column, out int channel);
        gradWeights[index] = transposed[order.Depth(tap, channel) * outputs + k];
    }
}
