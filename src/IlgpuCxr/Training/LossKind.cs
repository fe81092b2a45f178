using System.Text.Json.Serialization;

namespace IlgpuCxr.Training;

/// <summary>What training makes small.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LossKind>))]
public enum LossKind
{
    /// <summary>Softmax and cross entropy: one class an image.</summary>
    [JsonStringEnumMemberName("ce")]
    CrossEntropy,

    /// <summary>Binary cross entropy of each label, averaged over images and labels.</summary>
    [JsonStringEnumMemberName("bce")]
    BinaryCrossEntropy,

    /// <summary>The focal loss of each label, which plays down labels that are already right.</summary>
    [JsonStringEnumMemberName("focal")]
    Focal,
}
