using System.Text.Json.Serialization;

namespace IlgpuCxr.Data;

/// <summary>The images of a run, in words and numbers.</summary>
/// <param name="Classes">Their classes, in the order of the logits.</param>
/// <param name="Train">Number of training images.</param>
/// <param name="Validation">Number of validation images.</param>
/// <param name="Test">Number of test images, labelled or not.</param>
/// <param name="Digest">
/// Of all names and sizes of files: other images have another digest, the same ones moved elsewhere have the same.
/// </param>
public sealed record DataDescription(IReadOnlyList<string> Classes, int Train, int Validation, int Test, string Digest)
{
    /// <summary>The kind of images that were drawn.</summary>
    public const string Phantoms = "phantoms";

    /// <summary>The kind of images that a directory was named for.</summary>
    public const string Given = "given";

    /// <summary>What <see cref="Unlabelled"/> is called in files.</summary>
    internal const string UnlabelledName = "unlabelled";

    /// <summary>How many of the test images have no labels.</summary>
    /// <remarks>
    /// Runs from before they were counted have none. So it does not tell whether images are the same: the digest does.
    /// </remarks>
    [JsonPropertyName(UnlabelledName)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Unlabelled { get; init; }

    /// <summary>A study's images are <see cref="Phantoms"/> or <see cref="Given"/>; null outside of one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Kind { get; init; }
}
