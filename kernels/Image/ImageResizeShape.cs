using System.Globalization;

namespace IlgpuCxr.Kernels.Image;

/// <summary>The sizes of a resize to bytes, in which each image has a size of its own.</summary>
/// <param name="N">Images in the batch.</param>
/// <param name="MaxRows">Rows of the resized image that has the most.</param>
/// <param name="MaxPixels">Pixels of the resized image that has the most.</param>
/// <remarks>
/// The second of two successive resizes needs the first one's bytes: the study's Part 2 resizes the short side after
/// the rotation, and what is cropped from that is resized again. The first half of <see cref="ImageTransformShape"/>'s
/// formula, for any width and height:
/// <code>
/// resized[p, q, c] = round( Σ y  weight(p, y) · round( Σ x  weight(q, x) · rotated[y, x, c] ) )      [height, width, c], uint8
/// </code>
/// </remarks>
public readonly record struct ImageResizeShape(int N, int MaxRows, int MaxPixels)
{
    /// <summary>The shape as <c>n32 -> 65536</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"n{N} -> {MaxPixels}");
}
