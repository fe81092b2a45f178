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

    /// <summary>Whether a label, an image's own or a predicted one, says that the image is of a class.</summary>
    /// <param name="task">What the label means.</param>
    /// <param name="label">The index of a class, or a set of labels.</param>
    /// <param name="c">The class.</param>
    public static bool Has(ClassificationTask task, int label, int c) =>
        task == ClassificationTask.Binary ? label == c : Has(label, c);

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
