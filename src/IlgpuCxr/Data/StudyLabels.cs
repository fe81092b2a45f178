namespace IlgpuCxr.Data;

/// <summary>The labels of Part 2 of the study, which are told by the name of an image's directory.</summary>
internal static class StudyLabels
{
    /// <summary>The labels, in the order of their indices.</summary>
    public static readonly string[] Names = ["covid", "pneumonia", "normal"];

    /// <summary>COVID-19 is a pneumonia.</summary>
    private static readonly int Covid = LabelSet.Of(0, 1);

    // The study's two directories for COVID-19 have different names.
    private static readonly Dictionary<string, int> ByDirectory = new(StringComparer.OrdinalIgnoreCase)
    {
        ["covid"] = Covid,
        ["covid-19"] = Covid,
        ["pneumonia"] = LabelSet.Of(1),
        ["normal"] = LabelSet.Of(2),
    };

    /// <summary>The sets of labels that images have.</summary>
    public static IEnumerable<int> Sets => ByDirectory.Values.Distinct();

    /// <summary>The labels of the images in a directory; null where the study has no such directory.</summary>
    /// <param name="directory">The directory's name.</param>
    public static int? Of(string directory) => ByDirectory.TryGetValue(directory, out int labels) ? labels : null;
}
