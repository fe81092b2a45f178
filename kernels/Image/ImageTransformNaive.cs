using ILGPU;

namespace IlgpuCxr.Kernels.Image;

/// <summary>
/// The image transform as the simplest possible kernel: one output pixel per index, its whole neighbourhood computed
/// anew.
/// </summary>
/// <remarks>
/// All of it is integer arithmetic until the last line. A pixel's distance from the centre of a triangle is a multiple
/// of <c>1 / (2 S)</c> source pixels, so in that unit the triangle's values are integers:
/// <code>
/// triangle(q, x) · 2 max(S, w) = max(0, 2 max(S, w) - |(2 x + 1) S - (2 q + 1) w|)
/// </code>
/// </remarks>
internal static class ImageTransformNaive
{
    /// <summary>The pixel <c>output[n, p, q, 0 … 2]</c>.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<byte> pixels, ArrayView<ImageTransformParameters> parameters,
        ImageTransformShape shape)
    {
        int size = shape.Size, q = index % size, p = index / size % size, n = index / size / size;
        ImageTransformParameters image = parameters[n];
        int column = image.Flip != 0 ? size - 1 - q : q;
        int level = 0;
        for (int c = 0; c < 3; c++)
        {
            if (c < image.Channels)
                level = Resized(pixels, image, size, size, p, column, c);
            output[index * 3 + c] = ImageNormalization.Normalize(level, c);
        }
    }

    /// <summary>
    /// <c>resized[p, q, c]</c> of <paramref name="height"/> rows and <paramref name="width"/> columns: the vertical
    /// pass over pixels of the horizontal pass.
    /// </summary>
    public static int Resized(
        ArrayView<byte> pixels, ImageTransformParameters image, int width, int height, int p, int q, int c)
    {
        int length = image.Crop.Height;
        int first = ResizeFilter.First(p, length, height), end = ResizeFilter.End(p, length, height);
        int total = ResizeFilter.Total(p, length, height);
        int sum = ResizeFilter.Half;
        for (int y = first; y < end; y++)
            sum += Narrowed(pixels, image, width, y, q, c) * ResizeFilter.Weight(p, y, length, height, total);
        return sum >> ResizeFilter.Bits;
    }

    /// <summary><c>narrowed[y, q, c]</c>: the horizontal pass over pixels of the rotated image.</summary>
    private static int Narrowed(ArrayView<byte> pixels, ImageTransformParameters image, int size, int y, int q, int c)
    {
        int width = image.Crop.Width;
        int first = ResizeFilter.First(q, width, size), end = ResizeFilter.End(q, width, size);
        int total = ResizeFilter.Total(q, width, size);
        int sum = ResizeFilter.Half;
        for (int x = first; x < end; x++)
            sum += Rotated(pixels, image, image.Crop.Left + x, image.Crop.Top + y, c)
                * ResizeFilter.Weight(q, x, width, size, total);
        return sum >> ResizeFilter.Bits;
    }

    /// <summary><c>rotated[y, x, c]</c></summary>
    private static int Rotated(ArrayView<byte> pixels, ImageTransformParameters image, int x, int y, int c)
    {
        int column = image.Rotation.Column(x, y), row = image.Rotation.Row(x, y);
        if (column < 0 || column >= image.Width || row < 0 || row >= image.Height)
            return 0;
        return pixels[image.Offset + (row * image.Width + column) * image.Channels + c];
    }
}
