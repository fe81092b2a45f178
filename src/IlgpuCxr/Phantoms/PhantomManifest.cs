using System.Text.Json;
using System.Text.Json.Serialization;

namespace IlgpuCxr.Phantoms;

/// <summary>
/// The file that says which data set a directory holds or is to hold. It is written before the first image; the set is
/// finished when every image is there.
/// </summary>
internal static class PhantomManifest
{
    /// <summary>The file's name, in the data set's directory.</summary>
    public const string FileName = "phantoms.json";

    // To be raised whenever the same options give other pixels or names, so that no old image passes for a new one.
    private const int DrawingVersion = 2;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        IgnoreReadOnlyProperties = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private sealed record Contents(int DrawingVersion, PhantomDatasetOptions Options);

    /// <summary>The file's bytes; equal bytes mean equal data sets.</summary>
    public static byte[] Bytes(PhantomDatasetOptions options) =>
        JsonSerializer.SerializeToUtf8Bytes(new Contents(DrawingVersion, options), Json);

    /// <summary>The seed of the data set that a directory holds or is to hold; null where none is told.</summary>
    public static ulong? SeedIn(string directory)
    {
        string file = Path.Combine(directory, FileName);
        try
        {
            return File.Exists(file)
                ? JsonSerializer.Deserialize<Contents>(File.ReadAllBytes(file), Json)?.Options?.Seed
                : null;
        }
        catch (JsonException)
        {
            // Who draws compares the whole file, and says what is wrong with it.
            return null;
        }
    }
}
