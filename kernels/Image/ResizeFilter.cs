namespace IlgpuCxr.Kernels.Image;

/// <summary>
/// The weights of an antialiased linear resize of a line, in the integers in which kernels compute it.
/// </summary>
/// <remarks>
/// <code>
/// triangle(q, x) = max(0, 1 - |x + ½ - (q + ½) · scale| / max(1, scale))      scale = length / size
///                = max(0, reach - |(2 x + 1) size - (2 q + 1) length|) / reach     reach = 2 max(size, length)
/// </code>
/// The numerators are integers, so the weights <c>triangle(q, x) / Σ x triangle(q, x)</c> are quotients of integers,
/// rounded once to 22 bits after the point as in
/// <see href="https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c">Pillow's Resample.c</see>
/// (<c>PRECISION_BITS</c>). The weights of a pixel sum up to one but for half a unit each, so that a sum of weights
/// times bytes fits 31 bits, and rounds to 255 at most as long as there are fewer than 2²² / 255 of them: an image's
/// side is shorter than that.
/// </remarks>
internal static class ResizeFilter
{
    /// <summary>Bits of a weight after the point.</summary>
    public const int Bits = 22;

    /// <summary>One half, for rounding.</summary>
    public const int Half = 1 << (Bits - 1);

    /// <summary>The first pixel of the line that may have a weight for output <paramref name="q"/>.</summary>
    public static int First(int q, int length, int size)
    {
        int before = (2 * q + 1) * length - Reach(length, size) - size;
        // x > before / (2 size), and no pixel lies left of 0.
        return before < 0 ? 0 : before / (2 * size) + 1;
    }

    /// <summary>
    /// One more than the last pixel of the line that may have a weight for output <paramref name="q"/>.
    /// </summary>
    public static int End(int q, int length, int size)
    {
        int end = ((2 * q + 1) * length + Reach(length, size) + size - 1) / (2 * size);
        return end < length ? end : length;
    }

    /// <summary><c>reach · Σ x triangle(q, x)</c></summary>
    public static int Total(int q, int length, int size)
    {
        int total = 0, end = End(q, length, size);
        for (int x = First(q, length, size); x < end; x++)
            total += Triangle(q, x, length, size);
        return total;
    }

    /// <summary>The weight of pixel <paramref name="x"/> for output <paramref name="q"/>, times 2²².</summary>
    public static int Weight(int q, int x, int length, int size, int total) =>
        (int)((((long)Triangle(q, x, length, size) << Bits) + (total >> 1)) / total);

    private static int Reach(int length, int size) => 2 * (size > length ? size : length);

    private static int Triangle(int q, int x, int length, int size)
    {
        int distance = (2 * x + 1) * size - (2 * q + 1) * length;
        return Reach(length, size) - (distance < 0 ? -distance : distance);
    }
}
