using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// Launches the kernels of <see cref="BatchNormStatisticsQuad"/> and <see cref="BatchNormQuad"/>: sums of slices first,
/// then the whole.
/// </summary>
/// <typeparam name="TElements">
/// How the tensors lie in memory; what belongs to channels and slices is of singles.
/// </typeparam>
internal sealed class BatchNormQuadPasses<TElements> : BatchNormPasses
    where TElements : struct, ITensorElements
{
    /// <inheritdoc/>
    public override void Statistics(
        ComputeDevice device, ArrayView<float> mean, ArrayView<float> inverseStd, ArrayView<float> runningMean,
        ArrayView<float> runningVar, ArrayView<float> input, PixelStatistics? carried, float momentum, float epsilon,
        in BatchNormShape shape)
    {
        (Tensor moments, PixelSlices slices) = MergeMany(device, carried ?? SliceMoments(device, input, shape));
        device.LaunchGrouped(
            BatchNormStatisticsQuad.MergeStatistics, new Index2D(slices.ChannelGroups, 1), PixelGroup.Specialization,
            mean, inverseStd, runningMean, runningVar, moments.View, momentum, epsilon, slices);
        moments.Release();
    }

    /// <inheritdoc/>
    public override void Normalize(
        ComputeDevice device, ArrayView<float> output, ArrayView<float> input, ArrayView<float> residual,
        BatchNormChannels channels, int relu, in BatchNormShape shape)
    {
        var pixels = new PixelQuarters(shape.Pixels, shape.C);
        device.Launch(
            BatchNormQuad.Normalize<TElements>, pixels.Threads, output, input, residual, channels, relu, pixels);
    }

    /// <inheritdoc/>
    public override void GradientSums(
        ComputeDevice device, ArrayView<float> sums, ArrayView<float> gradResidual, ArrayView<float> gradWeight,
        ArrayView<float> gradBias, ArrayView<float> gradOutput, ArrayView<float> output, ArrayView<float> input,
        BatchNormChannels channels, int masks, in BatchNormShape shape)
    {
        var slices = new PixelSlices(shape.Pixels, shape.C);
        Tensor partial = RentSlices(device, slices);
        device.LaunchGrouped(
            BatchNormQuad.SliceGradientSums<TElements>, new Index2D(slices.ChannelGroups, slices.Count),
            PixelGroup.Specialization, partial.View, gradResidual, gradOutput, output, input, channels, masks, slices);
        device.LaunchGrouped(
            BatchNormQuad.MergeGradientSums, new Index2D(slices.ChannelGroups, 1), PixelGroup.Specialization, sums,
            gradWeight, gradBias, partial.View, channels.InverseStd, slices);
        partial.Release();
    }

    /// <inheritdoc/>
    public override void GradInput(
        ComputeDevice device, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output,
        ArrayView<float> input, BatchNormChannels channels, int masks, ArrayView<float> sums, in BatchNormShape shape)
    {
        var pixels = new PixelQuarters(shape.Pixels, shape.C);
        device.Launch(
            BatchNormQuad.GradInput<TElements>, pixels.Threads, gradInput, gradOutput, output, input, channels, masks,
            sums, pixels, shape.Pixels);
    }

    private static PixelStatistics SliceMoments(ComputeDevice device, ArrayView<float> input, in BatchNormShape shape)
    {
        var slices = new PixelSlices(shape.Pixels, shape.C);
        Tensor moments = RentSlices(device, slices);
        device.LaunchGrouped(
            BatchNormStatisticsQuad.SliceMoments<TElements>, new Index2D(slices.ChannelGroups, slices.Count),
            PixelGroup.Specialization, moments.View, input, slices);
        return new PixelStatistics(moments, slices);
    }

    /// <summary>
    /// Merges slices beforehand, as often as it takes, where there are too many, as of a large convolution's block
    /// tiles, for <see cref="BatchNormStatisticsQuad.MergeStatistics"/>, which has one group for 32 channels.
    /// </summary>
    public static PixelStatistics MergeMany(ComputeDevice device, PixelStatistics statistics)
    {
        while (statistics.Slices.Count > BatchNormStatisticsQuad.MaxSlices)
        {
            (Tensor moments, PixelSlices slices) = statistics;
            PixelSlices merged = slices.Merged(BatchNormStatisticsQuad.SlicesMerged);
            Tensor mergedMoments = RentSlices(device, merged);
            device.LaunchGrouped(
                BatchNormStatisticsQuad.MergeSlices, new Index2D(merged.Count, slices.ChannelGroups),
                PixelGroup.Specialization, mergedMoments.View, moments.View, slices);
            moments.Release();
            statistics = new PixelStatistics(mergedMoments, merged);
        }
        return statistics;
    }

    /// <summary>Room for two values of each channel of each slice.</summary>
    private static Tensor RentSlices(ComputeDevice device, PixelSlices slices) =>
        device.Arena.Rent(new TensorShape(slices.Count, 1, 2, slices.Quads.Divisor * 4));
}
