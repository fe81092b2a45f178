using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Channels of zeros for tensors whose channels are no quads.</summary>
internal static class ChannelWidening
{
    /// <summary>
    /// The shape with input channels that make quads, where they cost at most a third more products: three channels of
    /// an image become four. Reading floats one by one costs more: the loop then has 22 instructions for each of the
    /// tensor cores', and with quads 6 (docs/convolution.md).
    /// </summary>
    public static ConvolutionShape? Of(in ConvolutionShape shape)
    {
        int wide = (shape.C + 3) / 4 * 4;
        return wide != shape.C && 3 * (wide - shape.C) <= shape.C && shape.K % 4 == 0 ? shape with { C = wide } : null;
    }

    /// <summary>A copy with more channels, those that are new zero.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="shape">The copy's shape.</param>
    /// <param name="source">What is copied.</param>
    /// <param name="channels">Its channels.</param>
    public static Tensor Widen(ComputeDevice device, TensorShape shape, ArrayView<float> source, int channels)
    {
        Tensor wide = device.Arena.Rent(shape);
        device.Launch(WidenElement, (int)shape.Count, wide.View, source, new FastDivisor(shape.C), channels);
        return wide;
    }

    /// <summary>One element of a tensor with more channels, those that are new zero.</summary>
    public static void WidenElement(
        Index1D index, ArrayView<float> wide, ArrayView<float> source, FastDivisor byWideChannels, int channels)
    {
        int pixel = byWideChannels.Divide(index, out int c);
        wide[index] = c < channels ? source[pixel * channels + c] : 0f;
    }

    /// <summary>Copies a tensor without the channels that it was widened by.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="narrow">The copy.</param>
    /// <param name="wide">What is copied.</param>
    /// <param name="channels">The copy's channels.</param>
    /// <param name="wideChannels">The others'.</param>
    public static void Narrow(
        ComputeDevice device, ArrayView<float> narrow, ArrayView<float> wide, int channels, int wideChannels) =>
        device.Launch(NarrowElement, narrow.IntLength, narrow, wide, new FastDivisor(channels), wideChannels);

    /// <summary>One element of a tensor without the channels that it was widened by.</summary>
    public static void NarrowElement(
        Index1D index, ArrayView<float> narrow, ArrayView<float> wide, FastDivisor byChannels, int wideChannels)
    {
        int pixel = byChannels.Divide(index, out int c);
        narrow[index] = wide[pixel * wideChannels + c];
    }
}
