namespace IlgpuCxr.Kernels.Image;

/// <summary>One image of a batch that is rotated and resized to bytes, before it is cropped.</summary>
/// <param name="Source">Where the decoded image lies, its rotation and its crop; the flip is not looked at.</param>
/// <param name="Offset">The resized image's first byte among those of the batch.</param>
/// <param name="Width">Columns of the resized image.</param>
/// <param name="Height">Rows of the resized image.</param>
public readonly record struct ImageResizeParameters(ImageTransformParameters Source, long Offset, int Width, int Height)
{
    /// <summary>
    /// Whether kernels can resize an image so: their positions are products of both lengths, which must fit 31 bits,
    /// and no side of the resized image may be longer than <see cref="ImageRotation.LongestSide"/>. Only images some
    /// hundred times as long as wide do not fit.
    /// </summary>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="side">Length of the short side.</param>
    public static bool Fits(int width, int height, int side)
    {
        int longest = Math.Max(width, height), shortest = Math.Min(width, height);
        long resized = (long)side * longest / shortest;
        return resized <= ImageRotation.LongestSide && 4 * resized * longest <= int.MaxValue;
    }

    /// <summary>
    /// The size to which torchvision's <c>Resize(side)</c> brings an image: the short side becomes
    /// <paramref name="side"/>, the long one is cut off to whole pixels.
    /// </summary>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="side">Length of the short side.</param>
    public static (int Width, int Height) ShortSide(int width, int height, int side) => width < height
        ? (side, (int)((long)side * height / width))
        : ((int)((long)side * width / height), side);
}
