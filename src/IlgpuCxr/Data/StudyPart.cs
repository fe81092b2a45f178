namespace IlgpuCxr.Data;

/// <summary>The two parts of the study; each has its own labels, transforms and folder layout.</summary>
public enum StudyPart
{
    /// <summary>Two classes, infected and normal, in three labelled splits.</summary>
    Part1,

    /// <summary>
    /// Three labels, COVID-19, pneumonia and normal, in two labelled splits, and a flat folder of unlabelled images.
    /// </summary>
    Part2,
}

/// <summary>What the parts are called, and what they are of.</summary>
public static class StudyParts
{
    /// <summary>1 or 2.</summary>
    public static int Number(this StudyPart part) => (int)part + 1;

    /// <summary>In a sentence: <c>Part 1</c>.</summary>
    public static string Title(this StudyPart part) => $"Part {part.Number()}";

    /// <summary>In the names of directories: <c>part1</c>.</summary>
    public static string DirectoryName(this StudyPart part) => $"part{part.Number()}";

    /// <summary>One class an image, or several labels.</summary>
    public static ClassificationTask Task(this StudyPart part) =>
        part == StudyPart.Part1 ? ClassificationTask.Binary : ClassificationTask.MultiLabel;
}
