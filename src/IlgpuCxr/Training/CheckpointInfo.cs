using System.Text.Json;
using System.Text.Json.Serialization;
using IlgpuCxr.Data;
using IlgpuCxr.Models;

namespace IlgpuCxr.Training;

/// <summary>
/// What a checkpoint says about itself: enough to rebuild the network, to judge it and to go on training it.
/// </summary>
public sealed record CheckpointInfo
{
    /// <summary>The key of this text in the file's metadata.</summary>
    public const string MetadataKey = "ilgpucxr";

    // What is not declared nullable cannot be null in a file that somebody edited.
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerOptions.Web)
    {
        RespectNullableAnnotations = true,
    };

    // No network has fewer than ResNet18's 512 features, and a file is written from arrays: a layer of more was never
    // saved.
    private const int MostHidden = int.MaxValue / 512;

    /// <summary>How the run was configured.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>The classifier.</summary>
    public required NetworkHead Head { get; init; }

    /// <summary>The classes, in the order of the logits.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The images; null in checkpoints from before they were noted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DataDescription? Data { get; init; }

    /// <summary>What each epoch reached, without times: the same run gives the same file.</summary>
    public required IReadOnlyList<EpochResult> History { get; init; }

    /// <summary>The text for the metadata.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    /// <summary>Reads the text from the metadata.</summary>
    /// <exception cref="JsonException">It is not such a text, or what it says is out of range.</exception>
    public static CheckpointInfo FromJson(string json)
    {
        CheckpointInfo info = JsonSerializer.Deserialize<CheckpointInfo>(json, Strict)
            ?? throw new JsonException("The text is null.");
        if (info.Classes.Count < 1 || info.Head.Outputs != info.Classes.Count)
            throw new JsonException(
                $"A classifier of {info.Head.Outputs} outputs does not tell {info.Classes.Count} classes apart.");
        if (info.Head.Hidden is < 0 or > MostHidden || info.Head.Dropout is not (>= 0 and < 1))
            throw new JsonException("The classifier's hidden features or its dropout are out of range.");
        // The elements of lists may be null, whatever is declared.
        if (info.Classes.Any(name => name is null) || info.Classes.Distinct().Count() < info.Classes.Count)
            throw new JsonException("A class has no name, or that of another.");
        if (info.History.Any(epoch => epoch is null))
            throw new JsonException("The history has gaps.");
        try
        {
            // A network of somebody's own is not among the architectures.
            info.Options.Validate(
                Architecture.All.FirstOrDefault(known => known.Name == info.Options.Network)?.SmallestImage ?? 1);
        }
        catch (UsageException exception)
        {
            throw new JsonException(exception.Message, exception);
        }
        return info;
    }
}
