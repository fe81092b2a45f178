using System.Text.Json.Serialization;

namespace IlgpuCxr.Data;

/// <summary>What becomes of images before a network sees them: the transforms of the study's two parts.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImageTransforms>))]
public enum ImageTransforms
{
    /// <summary>
    /// Training: <c>RandomRotation(30)</c>, <c>RandomResizedCrop(S)</c>, <c>RandomHorizontalFlip()</c>. Evaluation: the
    /// largest square in the middle, resized to <c>S</c>.
    /// </summary>
    [JsonStringEnumMemberName("part1")]
    Part1,

    /// <summary>
    /// Training: as <see cref="Part1"/>, with a <c>Resize</c> of the short side to <c>256/224 S</c> after the rotation.
    /// Evaluation: <c>Resize((S, S))</c>, which squeezes what is not square.
    /// </summary>
    [JsonStringEnumMemberName("part2")]
    Part2,
}
