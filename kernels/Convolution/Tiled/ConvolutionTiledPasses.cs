using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The convolution as a matrix product that is never built in memory (implicit GEMM), a block tile of the result for
/// each group of threads: in single precision (<see cref="TiledGemm"/>) or on tensor cores in tf32
/// (<see cref="TensorCoreGemm"/>,
/// <see cref="WarpgroupGemm{TRowExtent, TColumnExtent, TAccess, TMath, TRows, TResult}"/>); in bf16 it is
/// <see cref="ConvolutionBFloat16Passes"/>.
/// </summary>
/// <remarks>
/// <code>
///                    rows             columns          depth
/// forward            N·P·Q pixels     K                R·S·C
/// backward-data      N·H·W pixels     C                R·S·K, a phase of the stride at a time (StridePhase)
/// backward-weights   K                R·S·C            N·P·Q pixels    by warpgroups transposed
/// </code>
/// Chetlur et al. 2014 (arXiv:1410.0759) describe the method; docs/convolution.md explains this one.
/// </remarks>
internal sealed class ConvolutionTiledPasses(ConvolutionAlgorithm algorithm) : ConvolutionPasses
{
    /// <inheritdoc/>
    /// <remarks>
    /// Statistics need channels in quads and a depth that is not cut into slices: a slice's group has a share of each
    /// result only.
    /// </remarks>
    public override void Forward(
        ComputeDevice device, Tensor output, Tensor input, LayerWeights weights, ArrayView<float> bias, bool relu,
        bool statistics, in ConvolutionShape shape)
    {
        if (ChannelWidening.Of(shape) is { } wide)
        {
            Tensor wideInput = ChannelWidening.Widen(device, wide.Input, input.View, shape.C);
            Tensor wideWeights = ChannelWidening.Widen(device, wide.Weights, weights.Values, shape.C);
            Forward(device, output, wideInput, wideWeights.View, bias, relu, statistics, wide);
            wideWeights.Release();
            wideInput.Release();
            return;
        }
        bool quads = AllowsQuads(shape, input.View, weights.Values, output.View, bias);
        TiledPlan plan = Plan(device, shape.Output.Pixels, shape.K, shape.R * shape.S * shape.C, quads);
        var patches = new InputPatches(input.View, shape);
        var filters = new Filters(weights.Values, shape);
        if (!statistics || !quads || plan.Slices > 1)
        {
            Multiply(device, new MatrixResult(output.View, shape.K, bias, relu), patches, filters, plan, quads);
            return;
        }
        Multiply(
            device, new ResultWithStatistics(output.View, shape.K, TileStatistics.Attach(device, output, plan)),
            patches, filters, plan, quads);
    }

    /// <inheritdoc/>
    public override void BackwardData(
        ComputeDevice device, Tensor gradInput, Tensor gradOutput, LayerWeights weights, bool accumulate,
        Tensor? activation, in ConvolutionShape shape)
    {
        foreach (StridePhase phase in StridePhase.Of(shape, accumulate, isMasked: activation is not null))
        {
            ArrayView<float> mask = activation is null ? default : activation.View;
            bool quads = AllowsQuads(shape, gradInput.View, gradOutput.View, weights.Values, mask);
            Multiply(
                device,
                new GradInputResult(gradInput.View, shape, phase, accumulate, mask),
                new GradOutputPatches(gradOutput.View, shape, phase),
                new PhaseFilters(weights.Values, shape, phase),
                Plan(device, phase.Pixels, shape.C, phase.Taps * shape.K, quads),
                quads);
        }
    }

    /// <inheritdoc/>
    public override void BackwardWeights(
        ComputeDevice device, ArrayView<float> gradWeights, Tensor gradOutput, Tensor input, in ConvolutionShape shape)
    {
        if (ChannelWidening.Of(shape) is { } wide)
        {
            Tensor wideInput = ChannelWidening.Widen(device, wide.Input, input.View, shape.C);
            Tensor wideGradient = device.Arena.Rent(wide.Weights);
            BackwardWeights(device, wideGradient.View, gradOutput, wideInput, wide);
            ChannelWidening.Narrow(device, gradWeights, wideGradient.View, shape.C, wide.C);
            wideGradient.Release();
            wideInput.Release();
            return;
        }
        int pixels = shape.Output.Pixels, outputs = shape.K;
        bool quads = AllowsQuads(shape, gradWeights, gradOutput.View, input.View);
        var gradients = new GradOutputPixels(gradOutput.View, shape);
        var taps = new InputTaps(input.View, shape);
        if (quads && algorithm == ConvolutionAlgorithm.WarpgroupTf32)
        {
            WarpgroupTiles.BackwardWeights(
                device, gradWeights, shape, TapOrder.MaxBlock, (result, rows) => Multiply(
                    device, result, taps, gradients, Plan(device, rows, outputs, pixels, quads), quads));
            return;
        }
        Multiply(
            device, new GradWeightsResult(gradWeights, shape), gradients, taps,
            Plan(device, outputs, shape.R * shape.S * shape.C, pixels, quads), quads);
    }

    private TiledPlan Plan(ComputeDevice device, int rows, int columns, int depth, bool quads)
    {
        TiledPlanner planner = (algorithm, quads) switch
        {
            (ConvolutionAlgorithm.Tiled, _) => TiledGemm.Planner,
            (_, true) => TensorCoreTiles.Planner<QuadAccess, Tf32Math>(),
            (_, false) => TensorCoreTiles.Planner<SingleAccess, Tf32Math>(),
        };
        return planner.Plan(rows, columns, depth, device.Forced<TileAlgorithm>());
    }

    private void Multiply<TRows, TColumns, TResult>(
        ComputeDevice device, TResult result, TRows rows, TColumns columns, TiledPlan plan, bool quads)
        where TRows : struct, ITiledOperand
        where TColumns : struct, ITiledOperand
        where TResult : struct, ITiledResult
    {
        Tensor? partial = SliceSums.Rent(device, plan);
        ArrayView<float> partialView = partial?.View ?? result.View;
        switch (algorithm)
        {
            case ConvolutionAlgorithm.WarpgroupTf32 when quads:
                WarpgroupTiles.Multiply<QuadAccess, Tf32Math, TRows, TColumns, TResult>(
                    device, result, partialView, rows, columns, plan);
                break;
            case ConvolutionAlgorithm.Tf32 when quads:
                TensorCoreTiles.Multiply<QuadAccess, Tf32Math, TRows, TColumns, TResult>(
                    device, result, partialView, rows, columns, plan);
                break;
            case ConvolutionAlgorithm.Tf32 or ConvolutionAlgorithm.WarpgroupTf32:
                TensorCoreTiles.Multiply<SingleAccess, Tf32Math, TRows, TColumns, TResult>(
                    device, result, partialView, rows, columns, plan);
                break;
            default:
                device.LaunchGrouped(
                    TiledGemm.Kernel<TRows, TColumns, TResult>(plan, quads), new Index2D(plan.Tiles, plan.Slices),
                    TiledGemm.Specialization(plan.RowExtent, quads), result, partialView, rows, columns, plan);
                break;
        }
        SliceSums.AddAll(device, result, partial, plan, isBFloat16: false);
    }

    /// <summary>Whether a shape's channels, or those that it is widened to, are quads.</summary>
    internal static bool HasQuads(in ConvolutionShape shape) =>
        shape.K % 4 == 0 && (shape.C % 4 == 0 || ChannelWidening.Of(shape) is not null);

    /// <summary>Whether every quad of channels lies at a multiple of 16 bytes.</summary>
    private static bool AllowsQuads(in ConvolutionShape shape, params ReadOnlySpan<ArrayView<float>> views) =>
        shape.C % 4 == 0 && Quads.Allows(shape.K, views);
}
