using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// Factors as <see cref="ConvolutionBFloat16Passes"/> multiplies them: rounded, their channels made a multiple of 8
/// with zeros, so that whole quads of 16 bytes are copied.
/// </summary>
internal static class BFloat16Copies
{
    /// <summary>The next multiple of 8.</summary>
    public static int Padded(int channels) => Ceiling.Divide(channels, ElementTypes.Octet) * ElementTypes.Octet;

    /// <summary>A tensor itself where it is bfloat16, else its copy; the caller releases it.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="source">The tensor.</param>
    /// <param name="shape">Its shape, which may divide its elements into other pixels and channels.</param>
    public static Tensor Of(ComputeDevice device, Tensor source, in TensorShape shape) =>
        source.IsBFloat16 ? source.Retain() : Round(device, shape with { C = Padded(shape.C) }, source.View, shape.C);

    /// <summary>
    /// The weights' copy that there is, or a new one, <c>[K, R, S, C]</c> with K and C made multiples of 8; the caller
    /// releases it.
    /// </summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="weights"><c>[K, R, S, C]</c></param>
    /// <param name="shape">The sizes.</param>
    public static Tensor OfWeights(ComputeDevice device, LayerWeights weights, in ConvolutionShape shape)
    {
        var padded = new TensorShape(Padded(shape.K), shape.R, shape.S, Padded(shape.C));
        return weights.Rounded.Length > 0 && padded == shape.Weights
            ? new Tensor(padded, weights.Rounded, ElementType.BFloat16)
            : Round(device, padded, weights.Values, shape.C);
    }

    private static Tensor Round(ComputeDevice device, in TensorShape shape, ArrayView<float> source, int channels)
    {
        Tensor copy = device.Arena.Rent(shape, ElementType.BFloat16);
        device.Launch(RoundPair, (int)copy.Floats, copy.View, source, new FastDivisor(shape.C / 2), channels);
        return copy;
    }

    /// <summary>
    /// Two neighbouring elements of a copy, 0 for channels and pixels that the source does not have.
    /// </summary>
    public static void RoundPair(
        Index1D index, ArrayView<float> copy, ArrayView<float> source, FastDivisor byPairs, int channels)
    {
        int pixel = byPairs.Divide(index, out int pairOfPixel), channel = 2 * pairOfPixel;
        int at = pixel * channels + channel;
        Float2 pair;
        pair.X = channel < channels & at < source.IntLength ? source[at] : 0f;
        pair.Y = channel + 1 < channels & at + 1 < source.IntLength ? source[at + 1] : 0f;
        copy[index] = BFloat16.Word(pair);
    }
}
