namespace IlgpuCxr.Phantoms;

/// <summary>The study's two parts; each has its own folder layout, see <see cref="PhantomDataset"/>.</summary>
public enum PhantomPart
{
    /// <summary>Two classes, infected and normal, in three labelled splits.</summary>
    Part1,

    /// <summary>Three classes in two labelled splits, and a flat folder of unlabelled images.</summary>
    Part2,
}
