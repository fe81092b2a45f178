using System.Globalization;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Image;

/// <summary>The sizes of an image transform: decoded images of any size in, a batch of squares out.</summary>
/// <param name="N">Images in the batch.</param>
/// <param name="Size">Rows and columns of every output image, <c>S</c>.</param>
/// <remarks>
/// Each image <c>n</c> goes through torchvision's training transforms, in this order;
/// <see cref="ImageTransformParameters"/> holds the numbers, and numbers that change nothing turn a step off.
/// <code>
/// decoded[y, x, c]    uint8, [H, W, 1 or 3]
/// rotated[y, x, c]  = decoded[y', x', c] with (x', y') = rotation(x, y), or 0 outside        nearest neighbour, same size
/// cropped[y, x, c]  = rotated[top + y, left + x, c]                                          [h, w, c]
/// narrowed[y, q, c] = round( Σ x  weight(q, x) · cropped[y, x, c] )                          [h, S, c], uint8
/// resized[p, q, c]  = round( Σ y  weight(p, y) · narrowed[y, q, c] )                         [S, S, c], uint8
/// flipped[p, q, c]  = resized[p, flip ? S - 1 - q : q, c]
/// output[n, p, q, c] = (flipped[p, q, gray ? 0 : c] / 255 - mean[c]) / std[c]                [N, S, S, 3]
/// </code>
/// The weights are a triangle, which is linear interpolation when an image grows and an antialiasing filter when it
/// shrinks:
/// <code>
/// weight(q, x) = triangle(q, x) / Σ x triangle(q, x)      triangle(q, x) = max(0, 1 - |x + ½ - (q + ½) · scale| / max(1, scale))
/// scale = w / S for columns, h / S for rows
/// </code>
/// See <see href="https://docs.pytorch.org/vision/stable/transforms.html">torchvision.transforms</see>; the arithmetic
/// of rotation and resizing is that of the Python Imaging Library, on which torchvision computes.
/// </remarks>
public readonly record struct ImageTransformShape(int N, int Size)
{
    /// <summary><c>[N, S, S, 3]</c></summary>
    public TensorShape Output => new(N, Size, Size, 3);

    /// <summary>The shape as <c>n32 -> 128x128x3</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"n{N} -> {Size}x{Size}x3");
}
