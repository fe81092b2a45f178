namespace IlgpuCxr.Kernels.Image;

/// <summary>A rectangle of whole pixels.</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct CropBox(int Left, int Top, int Width, int Height)
{
    /// <summary>
    /// The largest square in the middle of an image: what remains of it after resizing the short side and cropping the
    /// centre.
    /// </summary>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    public static CropBox CentreSquare(int width, int height)
    {
        int side = Math.Min(width, height);
        return new CropBox((width - side) / 2, (height - side) / 2, side, side);
    }
}
