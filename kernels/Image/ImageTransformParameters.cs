namespace IlgpuCxr.Kernels.Image;

/// <summary>Where one image of a batch lies and what is to be done with it.</summary>
/// <param name="Offset">The image's first byte among the pixels of the batch.</param>
/// <param name="Width">
/// Columns of the image: at most <see cref="MaximumSide"/> as decoded, at most <see cref="ImageRotation.LongestSide"/>
/// after <see cref="ImageResize"/>.
/// </param>
/// <param name="Height">Rows of the image, as many at most.</param>
/// <param name="Channels">1 for gray, 3 for interleaved red, green and blue.</param>
/// <param name="Rotation">Done first; <see cref="ImageRotation.None"/> for none.</param>
/// <param name="Crop">What is resized, a part of the rotated image.</param>
/// <param name="Flip">1 to exchange left and right at the end, else 0.</param>
/// <remarks>
/// Blittable, and free of floating point: what a kernel makes of an image is the same on every device, bit for bit.
/// </remarks>
public readonly record struct ImageTransformParameters(
    long Offset, int Width, int Height, int Channels, ImageRotation Rotation, CropBox Crop, int Flip)
{
    /// <summary>
    /// Longest side of a decoded image. A rotated coordinate is then at most 8192 + √2 · 8192 in magnitude, which the
    /// signed 16.16 fixed point of <see cref="ImageRotation"/> holds.
    /// </summary>
    public const int MaximumSide = 16384;
}
