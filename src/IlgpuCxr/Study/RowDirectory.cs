using System.Text.Json;
using System.Text.Json.Nodes;
using IlgpuCxr.Data;
using IlgpuCxr.Training;

namespace IlgpuCxr.Study;

/// <summary>
/// The run directory of a row: that of any run, and <c>row.json</c>, which says what it is for, and <c>result.json</c>,
/// which says that it is complete.
/// </summary>
public sealed class RowDirectory
{
    private const string ConfigurationName = "row.json", ResultName = "result.json";

    // What is not declared nullable cannot be null in a file that somebody edited.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        RespectNullableAnnotations = true,
    };

    private readonly StudyRow row;

    /// <summary>Names the directory; creates nothing.</summary>
    /// <param name="study">The directory of all rows.</param>
    /// <param name="row">The row.</param>
    public RowDirectory(string study, StudyRow row)
    {
        this.row = row;
        Location = Path.Combine(study, row.DirectoryName);
    }

    /// <summary>Where it is.</summary>
    public string Location { get; }

    /// <summary>The predictions for unlabelled images, in the study's format.</summary>
    public string Predictions => PathOf("results.csv");

    /// <summary>A file of the directory.</summary>
    /// <param name="name">Its name.</param>
    public string PathOf(string name) => Path.Combine(Location, name);

    /// <summary>Makes the directory, where it is not there yet.</summary>
    /// <returns>The files of the run.</returns>
    /// <exception cref="IOException">The directory cannot be written; the message says why and what to do.</exception>
    public RunDirectory Open() => new(Location);

    /// <summary>Refuses a directory that was made for something else.</summary>
    /// <param name="configuration">What is to be computed.</param>
    /// <exception cref="UsageException">
    /// The directory belongs to another configuration; the message says in what it differs.
    /// </exception>
    /// <exception cref="DataException">The directory's file of its configuration or its result is damaged.</exception>
    public void Check(RowConfiguration configuration)
    {
        if (ConfigurationThere() is { } there)
            Compare(there, configuration);
    }

    /// <summary>
    /// Makes the directory this configuration's, before anything is trained in it. Only who holds its
    /// <see cref="RunDirectory.Lock"/> may: of two calls, the one that trains.
    /// </summary>
    /// <param name="configuration">What is to be computed.</param>
    /// <exception cref="UsageException">
    /// The directory belongs to another configuration; the message says in what it differs.
    /// </exception>
    /// <exception cref="DataException">The directory's file of its configuration or its result is damaged.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public void Claim(RowConfiguration configuration)
    {
        Check(configuration);
        AtomicFile.Write(PathOf(ConfigurationName), JsonSerializer.SerializeToUtf8Bytes(configuration, Json));
    }

    /// <summary>What came of the row with a configuration; null while it is not complete.</summary>
    /// <param name="configuration">What is to be computed.</param>
    /// <exception cref="UsageException">The directory or the result belongs to another configuration.</exception>
    /// <exception cref="DataException">A file is damaged.</exception>
    public RowResult? ReadResult(RowConfiguration configuration)
    {
        Check(configuration);
        RowResult? result = ReadResult();
        if (result is not null)
            Compare(JsonSerializer.SerializeToNode(result.Configuration, Json), configuration);
        return result;
    }

    /// <summary>What came of the row, whatever its configuration; null while it is not complete.</summary>
    /// <exception cref="DataException">The file is damaged.</exception>
    public RowResult? ReadResult()
    {
        string file = PathOf(ResultName);
        if (!File.Exists(file))
            return null;
        try
        {
            return JsonSerializer.Deserialize<RowResult>(File.ReadAllBytes(file), Json) is { } result && IsWhole(result)
                ? result
                : throw Damaged(file);
        }
        catch (JsonException)
        {
            throw Damaged(file);
        }
    }

    /// <summary>Says that the row is complete; after everything else has been written.</summary>
    /// <param name="result">What came of it.</param>
    public void WriteResult(RowResult result) =>
        AtomicFile.Write(PathOf(ResultName), JsonSerializer.SerializeToUtf8Bytes(result, Json));

    // The options refuse what is null, but neither what is missing (they can require all or nothing, and an epoch's
    // times are never there) nor null elements of lists; and without a trained epoch none is the best.
    private static bool IsWhole(RowResult result) =>
        result is
        {
            Configuration: { Row: not null, Options: not null, Data.Classes: not null },
            Device: not null,
            History: not null,
            Splits: not null,
        }
        && result.History.All(epoch => epoch is not null)
            && result.History.Any(epoch => epoch.Epoch > EpochResult.Untrained)
        && (result.Precision is null || Enum.IsDefined(result.Precision.Value))
        && result.Splits.All(split => split is { Split: not null, Confusion: not null, Classes: not null })
        && (result.LeftOut is null || (result.LeftOut.First?.All(name => name is not null) ?? false));

    private void Compare(JsonNode? there, RowConfiguration configuration)
    {
        JsonNode? now = JsonSerializer.SerializeToNode(configuration, Json);
        if (JsonDifference.First(there, now, DataDescription.UnlabelledName) is { } difference)
        {
            throw new UsageException(
                $"'{Location}' holds row {row.Id} of another configuration ({difference}); choose another --out, or move that directory away.");
        }
    }

    // A result tells its configuration too, where the file of it was damaged and deleted.
    private JsonNode? ConfigurationThere()
    {
        string file = PathOf(ConfigurationName);
        if (!File.Exists(file))
            return JsonSerializer.SerializeToNode(ReadResult()?.Configuration, Json);
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(file)) ?? throw Damaged(file);
        }
        catch (JsonException)
        {
            throw Damaged(file);
        }
    }

    private static DataException Damaged(string file) =>
        new($"'{file}' is damaged; delete it, and the same command does again what is missing.");
}
