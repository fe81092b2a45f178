namespace IlgpuCxr.Explain;

/// <summary>How much each place of an image speaks for a class, from 0 to 1.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Values"><c>[Height, Width]</c>; all 0 where nothing speaks for the class, else 1 at most.</param>
public sealed record HeatMap(int Height, int Width, IReadOnlyList<double> Values)
{
    /// <summary>The value at a place, bilinear between the centres of the cells and constant outside of them.</summary>
    /// <param name="y">From 0 at the upper edge to 1 at the lower.</param>
    /// <param name="x">From 0 at the left edge to 1 at the right.</param>
    public double At(double y, double x)
    {
        (int top, int bottom, double down) = Between(y, Height);
        (int left, int right, double across) = Between(x, Width);
        double upper = Values[top * Width + left] * (1 - across) + Values[top * Width + right] * across;
        double lower = Values[bottom * Width + left] * (1 - across) + Values[bottom * Width + right] * across;
        return upper * (1 - down) + lower * down;
    }

    /// <summary>
    /// The two cells whose centres lie around a place, and how far it is from the first to the second.
    /// </summary>
    private static (int First, int Second, double Share) Between(double place, int cells)
    {
        double position = Math.Clamp(place * cells - 0.5, 0, cells - 1);
        int first = (int)position;
        return (first, Math.Min(first + 1, cells - 1), position - first);
    }
}
