using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The gradient of a bias on a GPU: sums over pixels, four channels per thread.</summary>
internal static class BiasQuad
{
    /// <summary>
    /// <c>gradBias[k] = Σ n,p,q gradOutput[n, p, q, k]</c>: slices of the pixels first, then the slices. K is a multiple
    /// of 4.
    /// </summary>
    public static void Backward(
        ComputeDevice device, ArrayView<float> gradBias, Tensor gradOutput, in ConvolutionShape shape)
    {
        var slices = new PixelSlices(shape.Output.Pixels, shape.K);
        var whole = new PixelSlices(slices.Count, shape.K, wantedGroups: 1);
        Tensor sums = device.Arena.Rent(TensorShape.Matrix(slices.Count, shape.K));
        device.LaunchGrouped(
            gradOutput.IsBFloat16 ? Sum<BFloat16Elements> : Sum<SingleElements>,
            new Index2D(slices.ChannelGroups, slices.Count), PixelGroup.Specialization, sums.View, gradOutput.View,
            slices);
        device.LaunchGrouped(
            Sum<SingleElements>, new Index2D(whole.ChannelGroups, 1), PixelGroup.Specialization, gradBias, sums.View,
            whole);
        sums.Release();
    }

    /// <summary>
    /// The sums of each slice, <c>sums [slices, C]</c>, of <c>source [pixels, C]</c>; the sums of one slice are the
    /// whole.
    /// </summary>
    public static void Sum<TElements>(ArrayView<float> sums, ArrayView<float> source, PixelSlices slices)
        where TElements : struct, ITensorElements
    {
        ArrayView<Float4> rows = SharedMemory.Allocate<Float4>(PixelGroup.Quads * PixelGroup.Pixels);
        int quads = slices.Quads.Divisor, quad = PixelGroup.Quad, row = PixelGroup.Row;
        int begin = Grid.IdxY * slices.Length, end = Math.Min(slices.Pixels, begin + slices.Length);
        Float4 sum = default;
        if (quad < quads)
        {
            for (int pixel = begin + row; pixel < end; pixel += PixelGroup.Pixels)
                sum += TElements.Read(source, pixel * quads + quad);
        }
        sum = PixelGroup.SumRows(rows, sum);
        if (row == 0 & quad < quads)
            sums.Cast<Float4>()[Grid.IdxY * quads + quad] = sum;
    }
}
