namespace IlgpuCxr.Kernels.Image;

/// <summary>
/// The image transform's definition: torchvision's steps one after another, each a whole image, in the arithmetic of
/// the Python Imaging Library.
/// </summary>
/// <remarks>
/// Every kernel is checked against this, and this against images that the Python Imaging Library itself made. Where the
/// kernels compute with integers, this computes with the double precision numbers that
/// <see href="https://github.com/python-pillow/Pillow/blob/main/src/PIL/Image.py">Image.rotate</see> and
/// <see href="https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c">Resample.c</see> describe.
/// </remarks>
public static class ImageTransformReference
{
    /// <summary>An image of bytes.</summary>
    /// <param name="Width">Columns.</param>
    /// <param name="Height">Rows.</param>
    /// <param name="Channels">1 for gray, 3 for red, green and blue.</param>
    /// <param name="Pixels"><c>[H, W, C]</c></param>
    public sealed record Bitmap(int Width, int Height, int Channels, byte[] Pixels)
    {
        /// <summary>A black image.</summary>
        /// <param name="width">Columns.</param>
        /// <param name="height">Rows.</param>
        /// <param name="channels">1 for gray, 3 for red, green and blue.</param>
        public Bitmap(int width, int height, int channels)
            : this(width, height, channels, new byte[width * height * channels])
        {
        }

        internal ref byte this[int x, int y, int c] => ref Pixels[(y * Width + x) * Channels + c];
    }

    /// <summary>The whole transform of one image.</summary>
    /// <param name="image">The decoded image.</param>
    /// <param name="degrees">Rotation, counter-clockwise; 0 for none.</param>
    /// <param name="crop">What is resized, a part of the rotated image.</param>
    /// <param name="size">Rows and columns of the result.</param>
    /// <param name="flip">Whether left and right are exchanged.</param>
    /// <returns><c>[S, S, 3]</c></returns>
    public static float[] Forward(Bitmap image, double degrees, CropBox crop, int size, bool flip) =>
        Normalize(Resize(Crop(Rotate(image, degrees), crop), size, flip));

    /// <summary>
    /// The whole transform of one image with the study's resize of the short side between rotation and crop.
    /// </summary>
    /// <param name="image">The decoded image.</param>
    /// <param name="degrees">Rotation, counter-clockwise; 0 for none.</param>
    /// <param name="side">Length of the short side after the first resize.</param>
    /// <param name="crop">What is resized again, a part of the resized image.</param>
    /// <param name="size">Rows and columns of the result.</param>
    /// <param name="flip">Whether left and right are exchanged.</param>
    /// <returns><c>[S, S, 3]</c></returns>
    public static float[] Forward(Bitmap image, double degrees, int side, CropBox crop, int size, bool flip)
    {
        (int width, int height) = ImageResizeParameters.ShortSide(image.Width, image.Height, side);
        return Normalize(Resize(Crop(Resize(Rotate(image, degrees), width, height, flip: false), crop), size, flip));
    }

    /// <summary><c>image.rotate(degrees)</c>: nearest neighbour, same size, black outside.</summary>
    /// <param name="image">An image.</param>
    /// <param name="degrees">Counter-clockwise.</param>
    public static Bitmap Rotate(Bitmap image, double degrees)
    {
        // Row by row, the matrix that takes a pixel of the result to where it comes from.
        double angle = -double.DegreesToRadians(degrees);
        double a = Math.Round(Math.Cos(angle), 15), b = Math.Round(Math.Sin(angle), 15);
        double d = Math.Round(-Math.Sin(angle), 15), e = Math.Round(Math.Cos(angle), 15);
        double centreX = image.Width / 2.0, centreY = image.Height / 2.0;
        double c = a * -centreX + b * -centreY + centreX;
        double f = d * -centreX + e * -centreY + centreY;

        var rotated = new Bitmap(image.Width, image.Height, image.Channels);
        for (int y = 0; y < image.Height; y++)
            for (int x = 0; x < image.Width; x++)
            {
                // The matrix is rounded to 1/65536 before it is used, as in Geometry.c.
                double sourceX = Fixed(c + a * 0.5 + b * 0.5) + x * Fixed(a) + y * Fixed(b);
                double sourceY = Fixed(f + d * 0.5 + e * 0.5) + x * Fixed(d) + y * Fixed(e);
                int column = (int)Math.Floor(sourceX), row = (int)Math.Floor(sourceY);
                if (column < 0 || column >= image.Width || row < 0 || row >= image.Height)
                    continue;
                for (int channel = 0; channel < image.Channels; channel++)
                    rotated[x, y, channel] = image[column, row, channel];
            }
        return rotated;
    }

    /// <summary><c>image.crop(…)</c></summary>
    /// <param name="image">An image.</param>
    /// <param name="crop">A part of it.</param>
    public static Bitmap Crop(Bitmap image, CropBox crop)
    {
        var cropped = new Bitmap(crop.Width, crop.Height, image.Channels);
        for (int y = 0; y < crop.Height; y++)
            for (int x = 0; x < crop.Width; x++)
                for (int c = 0; c < image.Channels; c++)
                    cropped[x, y, c] = image[crop.Left + x, crop.Top + y, c];
        return cropped;
    }

    /// <summary>
    /// <c>image.resize((size, size), BILINEAR)</c>, and <c>transpose(FLIP_LEFT_RIGHT)</c> if asked for.
    /// </summary>
    /// <param name="image">An image.</param>
    /// <param name="size">Rows and columns of the result.</param>
    /// <param name="flip">Whether left and right are exchanged.</param>
    public static Bitmap Resize(Bitmap image, int size, bool flip) => Resize(image, size, size, flip);

    /// <summary>
    /// <c>image.resize((width, height), BILINEAR)</c>, and <c>transpose(FLIP_LEFT_RIGHT)</c> if asked for.
    /// </summary>
    /// <param name="image">An image.</param>
    /// <param name="width">Columns of the result.</param>
    /// <param name="height">Rows of the result.</param>
    /// <param name="flip">Whether left and right are exchanged.</param>
    public static Bitmap Resize(Bitmap image, int width, int height, bool flip)
    {
        var narrowed = new Bitmap(width, image.Height, image.Channels);
        for (int q = 0; q < width; q++)
        {
            double[] weights = Weights(q, image.Width, width);
            for (int y = 0; y < image.Height; y++)
                for (int c = 0; c < image.Channels; c++)
                    narrowed[q, y, c] = WeightedSum(weights, x => image[x, y, c]);
        }
        var resized = new Bitmap(width, height, image.Channels);
        for (int p = 0; p < height; p++)
        {
            double[] weights = Weights(p, image.Height, height);
            for (int q = 0; q < width; q++)
                for (int c = 0; c < image.Channels; c++)
                    resized[flip ? width - 1 - q : q, p, c] = WeightedSum(weights, y => narrowed[q, y, c]);
        }
        return resized;
    }

    /// <summary><c>ToTensor</c> and <c>Normalize</c>; gray becomes three equal channels before.</summary>
    /// <param name="image">An image.</param>
    /// <returns><c>[H, W, 3]</c></returns>
    public static float[] Normalize(Bitmap image)
    {
        var normalized = new float[image.Width * image.Height * 3];
        for (int i = 0; i < normalized.Length; i++)
            normalized[i] = ImageNormalization.Normalize(image.Pixels[image.Channels == 1 ? i / 3 : i], i % 3);
        return normalized;
    }

    /// <summary>
    /// The weight of every pixel of a line for output <paramref name="q"/>, a triangle as wide as
    /// <c>precompute_coeffs</c> makes it.
    /// </summary>
    private static double[] Weights(int q, int length, int size)
    {
        double scale = (double)length / size, support = Math.Max(scale, 1), centre = (q + 0.5) * scale;
        var weights = new double[length];
        for (int x = 0; x < length; x++)
            weights[x] = Math.Max(0, 1 - Math.Abs((x + 0.5 - centre) / support));
        double total = weights.Sum();
        for (int x = 0; x < length; x++)
            weights[x] /= total;
        return weights;
    }

    /// <summary>
    /// A sum rounded to a byte, with weights rounded to 22 bits after the point as <c>normalize_coeffs_8bpc</c> rounds
    /// them.
    /// </summary>
    private static byte WeightedSum(double[] weights, Func<int, byte> pixel)
    {
        const double one = 1 << 22;
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
            sum += Math.Floor(weights[i] * one + 0.5) / one * pixel(i);
        return (byte)Math.Min(255, Math.Floor(sum + 0.5));
    }

    private static double Fixed(double value) => Math.Floor(value * 65536 + 0.5) / 65536;
}
