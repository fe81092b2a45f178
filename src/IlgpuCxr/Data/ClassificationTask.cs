using System.Text.Json.Serialization;

namespace IlgpuCxr.Data;

/// <summary>What a network says about an image.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClassificationTask>))]
public enum ClassificationTask
{
    /// <summary>Which one of the classes it is of: Part 1 of the study, infected or normal.</summary>
    [JsonStringEnumMemberName("binary")]
    Binary,

    /// <summary>
    /// Which of the labels it has, any number of them: Part 2 of the study, COVID, pneumonia, normal.
    /// </summary>
    [JsonStringEnumMemberName("multilabel")]
    MultiLabel,
}
