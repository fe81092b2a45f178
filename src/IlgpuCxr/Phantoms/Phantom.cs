namespace IlgpuCxr.Phantoms;

/// <summary>Synthetic frontal chest X-rays whose class is what has been drawn into them.</summary>
public static class Phantom
{
    /// <summary>The smallest width and height at which a rib is still more than a pixel.</summary>
    public const int SmallestSize = 32;

    /// <summary>The largest width and height.</summary>
    public const int LargestSize = 4096;

    /// <summary>
    /// The difficulty that a small network learns from a few hundred images, but no threshold solves.
    /// </summary>
    public const double DefaultDifficulty = 0.5;

    /// <summary>Draws one image; the same arguments give the same pixels, in any order and on any thread.</summary>
    /// <param name="seed">The data set.</param>
    /// <param name="split">Its subset.</param>
    /// <param name="label">The class, which decides what is drawn.</param>
    /// <param name="index">Which image of that class and subset, from 0.</param>
    /// <param name="size">Width and height in pixels: the same image, more or less finely sampled.</param>
    /// <param name="difficulty">From 0, opacities dense, to 1, faint in haze and noise.</param>
    /// <returns>Gray pixels, 0 black, row by row, <c>[size, size]</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Index, size or difficulty is out of range.</exception>
    public static byte[] Draw(
        ulong seed, PhantomSplit split, PhantomClass label, int index, int size, double difficulty = DefaultDifficulty)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        CheckSize(size);
        return PhantomRenderer.Render(new PhantomPlan(seed, split, label, index, difficulty), size);
    }

    internal static void CheckSize(int size)
    {
        if (size is < SmallestSize or > LargestSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(size), size, $"A phantom's size must lie between {SmallestSize} and {LargestSize} pixels.");
        }
    }
}
