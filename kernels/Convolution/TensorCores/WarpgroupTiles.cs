using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// Launches <see cref="WarpgroupGemm{TRowExtent, TColumnExtent, TAccess, TMath, TRows, TResult}"/>, in the block tiles
/// of <see cref="TensorCoreTiles"/>.
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
            new FastDivisor(Math.Max(1, PackedColumns<TColumnExtent, TMath>.Stages(plan.Depth))));
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

    /// <summary>The weights' gradient, computed transposed.</summary>
    /// <remarks>
    /// Columns are packed first, so they are to be the smaller factor, the output's gradient: what the taps see of the
    /// input is R·S times as much.
    /// </remarks>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradWeights"><c>[K, R, S, C]</c></param>
    /// <param name="shape">The sizes.</param>
    /// <param name="block">Channels of a block of the order of taps and channels.</param>
    /// <param name="multiply">
    /// Multiplies taps and channels, in that order, by output channels; is given the result and its rows.
    /// </param>
    public static void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, in ConvolutionShape shape, int block,
        Action<MatrixResult, int> multiply)
    {
        int rows = shape.R * shape.S * shape.C;
        Tensor transposed = device.Arena.Rent(TensorShape.Matrix(rows, shape.K));
        multiply(new MatrixResult(transposed.View, shape.K, default, relu: false), rows);
        device.Launch(
            TransposeElement, (int)shape.Weights.Count, gradWeights, transposed.View, new FastDivisor(rows),
            new FastDivisor(shape.C), new TapOrder(shape.R, shape.S, shape.C, block), shape.K);
        transposed.Release();
    }

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
