namespace IlgpuCxr.Data;

/// <summary>
/// The labels of an image that may have several, as the bits of a number: bit <c>c</c> stands for label <c>c</c>.
/// </summary>
public static class LabelSet
{
    /// <summary>Most labels that a number has bits for.</summary>
    public const int MaximumLabels = 31;

    /// <summary>Whether a label is among an image's.</summary>
    /// <param name="labels">The image's labels.</param>
    /// <param name="label">The label's index.</param>
    public static bool Has(int labels, int label) => (labels >> label & 1) != 0;

    /// <summary>The labels of given indices.</summary>
    /// <param name="indices">Their indices.</param>
    public static int Of(params ReadOnlySpan<int> indices)
    {
        int labels = 0;
        foreach (int index in indices)
            labels |= 1 << index;
        return labels;
    }
}
