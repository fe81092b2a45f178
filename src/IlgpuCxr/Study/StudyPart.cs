namespace IlgpuCxr.Study;

/// <summary>The two parts of the study; each has its own labels, transforms and folder layout.</summary>
public enum StudyPart
{
    /// <summary>Two classes, infected and normal, in three labelled splits.</summary>
    Part1,

    /// <summary>Three labels, COVID-19, pneumonia and normal, in two labelled splits, and a flat folder of unlabelled images.</summary>
    Part2,
}
