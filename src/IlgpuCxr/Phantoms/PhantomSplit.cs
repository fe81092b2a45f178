namespace IlgpuCxr.Phantoms;

/// <summary>The three subsets of a data set; the same index in two of them is two different patients.</summary>
public enum PhantomSplit
{
    /// <summary>Images to learn from.</summary>
    Train,

    /// <summary>Images that choose the epoch.</summary>
    Validation,

    /// <summary>Images seen once, at the end.</summary>
    Test,
}
