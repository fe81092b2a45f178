namespace IlgpuCxr.Kernels.Image;

/// <summary>
/// A rotation about an image's centre: which pixel of the image each pixel of the rotated image is taken from.
/// </summary>
/// <param name="XX">Step in the source's column per column, in 1/65536 pixel.</param>
/// <param name="XY">Step in the source's column per row.</param>
/// <param name="X">The source's column of pixel (0, 0).</param>
/// <param name="YX">Step in the source's row per column.</param>
/// <param name="YY">Step in the source's row per row.</param>
/// <param name="Y">The source's row of pixel (0, 0).</param>
/// <remarks>
/// <code>
/// source column = (X + XX · x + XY · y) >> 16
/// source row    = (Y + YX · x + YY · y) >> 16
/// </code>
/// This is the 16.16 fixed point of <c>affine_fixed</c> in
/// <see href="https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Geometry.c">Pillow's Geometry.c</see>.
/// Its step is rounded once a rotation and not once a pixel, so that only the same integers pick the same pixels.
/// </remarks>
public readonly record struct ImageRotation(int XX, int XY, int X, int YX, int YY, int Y)
{
    /// <summary>The most columns or rows of an image: positions have 15 bits and a sign before the point.</summary>
    public const int LongestSide = short.MaxValue;

    private const double One = 65536;

    /// <summary>Every pixel from itself.</summary>
    public static ImageRotation None => new((int)One, 0, (int)One / 2, 0, (int)One, (int)One / 2);

    /// <summary>
    /// A rotation that keeps the image's size, as <c>Image.rotate(degrees)</c> of the Python Imaging Library.
    /// </summary>
    /// <param name="degrees">Counter-clockwise.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    public static ImageRotation ByDegrees(double degrees, int width, int height)
    {
        (double sin, double cos) = Math.SinCos(double.DegreesToRadians(degrees));
        double centreX = width / 2.0, centreY = height / 2.0;
        // A pixel of the result lies at its centre, half a pixel from its corner; the source is found by the inverse
        // rotation.
        double x = centreX + cos * (0.5 - centreX) - sin * (0.5 - centreY);
        double y = centreY + sin * (0.5 - centreX) + cos * (0.5 - centreY);
        return new ImageRotation(Fixed(cos), Fixed(-sin), Fixed(x), Fixed(sin), Fixed(cos), Fixed(y));
    }

    /// <summary>The source's column of a pixel of the rotated image; may lie outside.</summary>
    /// <param name="x">The pixel's column.</param>
    /// <param name="y">The pixel's row.</param>
    public int Column(int x, int y) => (X + XX * x + XY * y) >> 16;

    /// <summary>The source's row of a pixel of the rotated image; may lie outside.</summary>
    /// <param name="x">The pixel's column.</param>
    /// <param name="y">The pixel's row.</param>
    public int Row(int x, int y) => (Y + YX * x + YY * y) >> 16;

    private static int Fixed(double value) => (int)Math.Floor(value * One + 0.5);
}
