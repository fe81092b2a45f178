using System.Globalization;
using System.Text.Json;
using CsvHelper;

namespace IlgpuCxr.Training;

/// <summary>The files of a run: <c>config.json</c>, <c>log.csv</c>, and the checkpoints <c>best</c> and <c>last</c>.</summary>
public sealed class RunDirectory
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerOptions.Web) { WriteIndented = true };

    private const string LogName = "log.csv";

    private readonly string path;

    /// <summary>Opens or creates the directory.</summary>
    /// <param name="path">Where.</param>
    /// <exception cref="UsageException">It cannot be written; the message says why.</exception>
    public RunDirectory(string path)
    {
        this.path = path;
        try
        {
            Directory.CreateDirectory(path);
            // A permission that is missing should show before the first epoch, not after it.
            string probe = Path.Combine(path, ".write-test");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--out '{path}' cannot be written ({exception.Message.TrimEnd('.')}); choose a directory that can.");
        }
    }

    /// <summary>The checkpoint of the epoch with the highest validation accuracy.</summary>
    public string Best => Path.Combine(path, "best");

    /// <summary>The checkpoint of the newest epoch, with the optimizer's state.</summary>
    public string Last => Path.Combine(path, "last");

    /// <summary>Writes <c>config.json</c>.</summary>
    /// <param name="configuration">What to write.</param>
    /// <typeparam name="T">Its type.</typeparam>
    public void WriteConfiguration<T>(T configuration) =>
        Replace("config.json", writer => writer.WriteLine(JsonSerializer.Serialize(configuration, Indented)));

    /// <summary>Writes <c>log.csv</c>, a row an epoch.</summary>
    /// <param name="history">All epochs so far.</param>
    public void WriteLog(IEnumerable<EpochResult> history) => Replace(LogName, writer =>
    {
        using var csv = new CsvWriter(writer, CultureInfo.InvariantCulture, leaveOpen: true);
        csv.WriteRecords(history);
    });

    /// <summary>Puts the times of <c>log.csv</c>, which checkpoints leave out, back into a history.</summary>
    /// <param name="history">The epochs of a checkpoint.</param>
    public IEnumerable<EpochResult> WithTimes(IEnumerable<EpochResult> history)
    {
        string file = Path.Combine(path, LogName);
        if (!File.Exists(file))
            return history;
        Dictionary<int, (double Seconds, double ImagesPerSecond)> times = ReadTimes(file);
        return [.. history.Select(result => times.TryGetValue(result.Epoch, out var row)
            ? result with { Seconds = row.Seconds, ImagesPerSecond = row.ImagesPerSecond }
            : result)];
    }

    private static Dictionary<int, (double Seconds, double ImagesPerSecond)> ReadTimes(string file)
    {
        var times = new Dictionary<int, (double Seconds, double ImagesPerSecond)>();
        try
        {
            using var csv = new CsvReader(new StreamReader(file), CultureInfo.InvariantCulture);
            csv.Read();
            csv.ReadHeader();
            while (csv.Read())
                times[csv.GetField<int>("epoch")] = (csv.GetField<double>("seconds"), csv.GetField<double>("images_per_second"));
        }
        catch (CsvHelperException)
        {
            // Somebody changed the log; its times are for people to read, and no result depends on them.
        }
        return times;
    }

    private void Replace(string name, Action<TextWriter> write)
    {
        string file = Path.Combine(path, name), temporary = file + ".tmp";
        using (var writer = new StreamWriter(temporary))
            write(writer);
        File.Move(temporary, file, overwrite: true);
    }
}
