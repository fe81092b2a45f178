using ILGPU;

namespace IlgpuCxr.Kernels.Image;

/// <summary>
/// The resize to bytes as the simplest possible kernel: one pixel per index, as <see cref="ImageTransformNaive"/>.
/// </summary>
internal static class ImageResizeNaive
{
    /// <summary>
    /// The pixel <c>resized[p, q, …]</c> of an image; nothing where the image has fewer pixels than the largest.
    /// </summary>
    public static void Forward(
        Index1D index, ArrayView<byte> output, ArrayView<byte> pixels, ArrayView<ImageResizeParameters> parameters,
        ImageResizeShape shape)
    {
        ImageResizeParameters image = parameters[index / shape.MaxPixels];
        int pixel = index % shape.MaxPixels, channels = image.Source.Channels;
        if (pixel >= image.Width * image.Height)
            return;
        int p = pixel / image.Width, q = pixel % image.Width;
        for (int c = 0; c < channels; c++)
            output[image.Offset + pixel * channels + c] = (byte)ImageTransformNaive.Resized(
                pixels, image.Source, image.Width, image.Height, p, q, c);
    }
}
