using ILGPU;

namespace IlgpuCxr.Kernels.Image;

/// <summary>The image transform as the simplest possible kernel: one output pixel an index, its whole neighbourhood computed anew.</summary>
/// <remarks>
/// All of it is integer arithmetic until the last line. A pixel's distance from the centre of a triangle is a multiple of
/// <c>1 / (2 S)</c> source pixels, so in that unit the triangle's values are integers:
/// <code>
/// triangle(q, x) · 2 max(S, w) = max(0, 2 max(S, w) - |(2 x + 1) S - (2 q + 1) w|)
/// </code>
/// </remarks>
internal static class ImageTransformNaive
{
    /// <summary>The pixel <c>output[n, p, q, 0 … 2]</c>.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<byte> pixels, ArrayView<ImageTransformParameters> parameters, ImageTransformShape shape)
    {
        int size = shape.Size, q = index % size, p = index / size % size, n = index / size / size;
        ImageTransformParameters image = parameters[n];
        int column = image.Flip != 0 ? size - 1 - q : q;
        int level = 0;
        for (int c = 0; c < 3; c++)
        {
            if (c < image.Channels)
                level = Resized(pixels, image, size, p, column, c);
            output[index * 3 + c] = ImageNormalization.Normalize(level, c);
        }
    }

    /// <summary><c>resized[p, q, c]</c>: the vertical pass over pixels of the horizontal pass.</summary>
    private static int Resized(ArrayView<byte> pixels, ImageTransformParameters image, int size, int p, int q, int c)
    {
        int height = image.Crop.Height;
        int first = ResizeFilter.First(p, height, size), end = ResizeFilter.End(p, height, size);
        int total = ResizeFilter.Total(p, height, size);
        int sum = ResizeFilter.Half;
        for (int y = first; y < end; y++)
            sum += Narrowed(pixels, image, size, y, q, c) * ResizeFilter.Weight(p, y, height, size, total);
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
            sum += Rotated(pixels, image, image.Crop.Left + x, image.Crop.Top + y, c) * ResizeFilter.Weight(q, x, width, size, total);
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
