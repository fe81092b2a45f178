using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The products of <see cref="ConvolutionTiledPasses"/> of bfloat16, on tensor cores: factors are tensors of bfloat16
/// or copies that are (<see cref="BFloat16Copies"/>).
/// </summary>
/// <remarks>
/// The operands are those of single precision. A float of a view is two neighbouring channels, so they are given shapes
/// that count pairs of channels; depths, rows and columns of the product stay elements. In the weights' gradient and
/// for the weights in backward-data, neighbours in memory are not neighbours in depth, and the tensor cores want these
/// in one register: <see cref="TensorCore.LoadMatricesTransposed"/> transposes them on their way from shared memory.
/// </remarks>
/// <param name="byWarpgroups">Whether by <see cref="WarpgroupTiles"/>.</param>
internal sealed class ConvolutionBFloat16Passes(bool byWarpgroups) : ConvolutionPasses
{
    // What are 16 pairs for one factor are 32 channels for the other.
    private const int Block = 2 * TapOrder.MaxBlock;

    /// <inheritdoc/>
    /// <remarks>Statistics need an output of bfloat16 and a depth that is not cut into slices.</remarks>
    public override void Forward(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, ArrayView<float> bias, bool relu,
        bool statistics, in ConvolutionShape shape)
    {
        Tensor rounded = BFloat16Copies.Of(device, input, shape.Input);
        Tensor roundedWeights = BFloat16Copies.OfWeights(device, weights, shape);
        int channels = BFloat16Copies.Padded(shape.C), depth = shape.R * shape.S * channels;
        ConvolutionShape pairs = shape with { C = channels / 2 };
        var patches = new InputPatches(rounded.View, pairs);
        var filters = new Filters(roundedWeights.View, pairs);
        if (statistics && output.IsBFloat16
            && Plan<BFloat16Access>(device, shape.Output.Pixels, shape.K, depth) is { Slices: 1 } plan)
            Multiply<BFloat16Access, InputPatches, Filters, ResultWithStatistics>(
                device, new ResultWithStatistics(output.View, shape.K, TileStatistics.Attach(device, output, plan)),
                patches, filters, plan);
        else
            Multiply(
                device, new MatrixResult(output.View, shape.K, bias, relu), output.ElementType, patches, filters,
                shape.Output.Pixels, shape.K, depth);
        roundedWeights.Release();
        rounded.Release();
    }

    /// <inheritdoc/>
    public override void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, LayerWeights weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape)
    {
        Tensor roundedGradient = BFloat16Copies.Of(device, gradOutput, shape.Output);
        Tensor roundedWeights = BFloat16Copies.OfWeights(device, weights, shape);
        int channels = BFloat16Copies.Padded(shape.C), filters = BFloat16Copies.Padded(shape.K);
        foreach (StridePhase phase in StridePhase.Of(shape, accumulate, isMasked: activation is not null))
        {
            ArrayView<float> mask = activation is null ? default : activation.View;
            Multiply(
                device, new GradInputResult(gradInput.View, shape, phase, accumulate, mask), gradInput.ElementType,
                new GradOutputPatches(roundedGradient.View, shape with { K = filters / 2 }, phase),
                new PhaseFilters(roundedWeights.View, shape with { C = channels / 2, K = filters }, phase, Block),
                phase.Pixels, shape.C, phase.Taps * filters);
        }
        roundedWeights.Release();
        roundedGradient.Release();
    }

    /// <inheritdoc/>
    public override void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape)
    {
        ConvolutionShape wide = shape with { C = BFloat16Copies.Padded(shape.C) };
        if (wide != shape)
        {
            Tensor wideGradient = device.Arena.Rent(wide.Weights);
            Tensor wideInput = BFloat16Copies.Of(device, input, shape.Input);
            BackwardWeights(device, wideGradient.View, gradOutput, wideInput, wide);
            ChannelWidening.Narrow(device, gradWeights, wideGradient.View, shape.C, wide.C);
            wideInput.Release();
            wideGradient.Release();
            return;
        }
        Tensor rounded = BFloat16Copies.Of(device, input, shape.Input);
        Tensor roundedGradient = BFloat16Copies.Of(device, gradOutput, shape.Output);
        int outputs = shape.K, pixels = shape.Output.Pixels;
        var gradients = new GradOutputPixels(
            roundedGradient.View, shape with { K = BFloat16Copies.Padded(shape.K) / 2 });
        var taps = new InputTaps(rounded.View, shape with { C = shape.C / 2 });
        if (byWarpgroups)
            WarpgroupTiles.BackwardWeights(
                device, gradWeights, shape, Block, (result, rows) => Multiply(
                    device, result, ElementType.Single, taps, gradients, rows, outputs, pixels));
        else
            Multiply(
                device, new GradWeightsResult(gradWeights, shape, Block), ElementType.Single, gradients, taps, outputs,
                shape.R * shape.S * shape.C, pixels);
        roundedGradient.Release();
        rounded.Release();
    }

    private static TiledPlan Plan<TAccess>(ComputeDevice device, int rows, int columns, int depth)
        where TAccess : struct, ITiledAccess =>
        TensorCoreTiles.Planner<TAccess, Bf16Math>().Plan(rows, columns, depth, device.Forced<TileAlgorithm>());

    private void Multiply<TRows, TColumns, TResult>(
        ComputeDevice device, TResult result, ElementType elementType, TRows rows, TColumns columns, int rowCount,
        int columnCount, int depth)
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        if (elementType == ElementType.BFloat16)
            Multiply<BFloat16Access, TRows, TColumns, TResult>(
                device, result, rows, columns, Plan<BFloat16Access>(device, rowCount, columnCount, depth));
        else if (columnCount % 2 == 0 && Quads.AreAligned(result.View, result.Addend, result.Mask))
            Multiply<QuadAccess, TRows, TColumns, TResult>(
                device, result, rows, columns, Plan<QuadAccess>(device, rowCount, columnCount, depth));
        else
            Multiply<QuadToSingleAccess, TRows, TColumns, TResult>(
                device, result, rows, columns, Plan<QuadToSingleAccess>(device, rowCount, columnCount, depth));
    }

    private void Multiply<TAccess, TRows, TColumns, TResult>(
        ComputeDevice device, TResult result, TRows rows, TColumns columns, TiledPlan plan)
        where TAccess : struct, ITiledAccess
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        Tensor? partial = SliceSums.Rent(device, plan);
        ArrayView<float> partialView = partial?.View ?? result.View;
        if (byWarpgroups && TAccess.WritesNeighbours)
            WarpgroupTiles.Multiply<TAccess, Bf16Math, TRows, TColumns, TResult>(
                device, result, partialView, rows, columns, plan);
        else
            TensorCoreTiles.Multiply<TAccess, Bf16Math, TRows, TColumns, TResult>(
                device, result, partialView, rows, columns, plan);
        SliceSums.AddAll(device, result, partial, plan, TAccess.WritesBFloat16);
    }
}
