using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CsvHelper;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Training;

/// <summary>
/// The files of a run: <c>config.json</c>, <c>log.csv</c>, and the checkpoints <c>best</c> and <c>last</c>.
/// </summary>
public sealed class RunDirectory
{
    /// <summary>The report that a run ends with.</summary>
    internal const string ReportName = "report.md";

    private const string ConfigurationName = "config.json", LogName = "log.csv";

    // What the systems call a file that another process holds: Windows' ERROR_SHARING_VIOLATION as an HRESULT, and
    // EWOULDBLOCK.
    private const int SharingViolation = unchecked((int)0x80070020), WouldBlockOnLinux = 11, WouldBlockOnMacOS = 35;

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerOptions.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Opens or creates the directory.</summary>
    /// <param name="path">Where.</param>
    /// <exception cref="IOException">It cannot be written; the message says why and what to do.</exception>
    public RunDirectory(string path)
    {
        Location = path;
        OutputRefusal.Explain(path, () =>
        {
            if (File.Exists(path))
                throw new IOException("it is a file and not a directory");
            Directory.CreateDirectory(path);
            // A permission that is missing should show before the first epoch, not after it.
            OutputFile.Try(Path.Combine(path, ConfigurationName));
        });
    }

    /// <summary>Where it is.</summary>
    public string Location { get; }

    /// <summary>The checkpoint of the epoch with the highest validation accuracy.</summary>
    public string Best => Path.Combine(Location, "best");

    /// <summary>The checkpoint of the newest epoch, with the optimizer's state.</summary>
    public string Last => LastIn(Location);

    /// <summary>Whether it has the report that a run ends with.</summary>
    internal bool IsReported => File.Exists(Path.Combine(Location, ReportName));

    /// <summary>The checkpoint of the newest epoch of a run, whether there is one or not.</summary>
    /// <param name="path">The run's directory.</param>
    public static string LastIn(string path) => Path.Combine(path, "last");

    /// <summary>
    /// Keeps other processes from training into the directory, until what is returned is disposed of or the process
    /// ends.
    /// </summary>
    /// <exception cref="UsageException">Another is training there.</exception>
    /// <exception cref="IOException">The directory's file for that cannot be opened; the message says why.</exception>
    public IDisposable Lock()
    {
        string file = Path.Combine(Location, ".lock");
        FileStream? held = null;
        OutputRefusal.Explain(file, () =>
        {
            try
            {
                // The system's lock counts and not the file, which stays: deleted, it could be held by one process
                // while another holds a new one of its name.
                held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException exception)
                when (exception.HResult is SharingViolation or WouldBlockOnLinux or WouldBlockOnMacOS)
            {
                throw new UsageException(
                    $"Another process is training into '{Location}'; wait until it ends, or choose another --out.")
                {
                    IsBusy = true,
                };
            }
        });
        try
        {
            DeleteHalfCheckpoints();
            return held!;
        }
        catch
        {
            held!.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a disk without room for checkpoints, which else would show when an epoch is trained.</summary>
    /// <param name="bytes">What they take.</param>
    /// <exception cref="IOException">It has none, as far as its file system tells.</exception>
    internal void RequireRoom(long bytes)
    {
        try
        {
            OutputFile.TryRoom(Path.Combine(Location, LogName), bytes);
        }
        catch (IOException exception)
        {
            throw new IOException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{Location}' has no room for checkpoints, which take up to {bytes / 1e6:F0} MB; free some, or choose another --out."),
                exception);
        }
    }

    /// <summary>Writes <c>config.json</c>.</summary>
    /// <param name="configuration">What to write.</param>
    /// <typeparam name="T">Its type.</typeparam>
    public void WriteConfiguration<T>(T configuration) =>
        Replace(ConfigurationName, writer => writer.WriteLine(JsonSerializer.Serialize(configuration, Indented)));

    /// <summary>
    /// What <c>config.json</c> says of <see cref="Trainer.TrainedOn"/>; null where it does not, is damaged or is gone.
    /// </summary>
    internal string? ReadTrainedOn()
    {
        try
        {
            return (string?)JsonNode.Parse(File.ReadAllBytes(Path.Combine(Location, ConfigurationName)))?["trainedOn"];
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            // It is for people to read, and no result depends on it.
            return null;
        }
    }

    /// <summary>Writes <c>log.csv</c>, a row per epoch.</summary>
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
        string file = Path.Combine(Location, LogName);
        if (!File.Exists(file))
            return history;
        Dictionary<int, (double Seconds, double ImagesPerSecond)> times = ReadTimes(file);
        return [.. history.Select(result => times.TryGetValue(result.Epoch, out var row)
            ? result with { Seconds = row.Seconds, ImagesPerSecond = row.ImagesPerSecond }
            : result)];
    }

    // Those of a process that was killed while it wrote: of VGG16 up to 1.6 GB.
    private void DeleteHalfCheckpoints()
    {
        foreach (string checkpoint in (ReadOnlySpan<string>)[Best, Last])
            foreach (string half in SafetensorsFile.LeftOversOf(checkpoint + SafetensorsFile.Extension))
                OutputRefusal.Explain(half, () => File.Delete(half));
    }

    private static Dictionary<int, (double Seconds, double ImagesPerSecond)> ReadTimes(string file)
    {
        var times = new Dictionary<int, (double Seconds, double ImagesPerSecond)>();
        try
        {
            using var stream = new FileStream(
                file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var csv = new CsvReader(new StreamReader(stream), CultureInfo.InvariantCulture);
            csv.Read();
            csv.ReadHeader();
            while (csv.Read())
            {
                // Of a damaged log the other lines stay.
                if (csv.TryGetField("epoch", out int epoch) && csv.TryGetField("seconds", out double seconds)
                    && csv.TryGetField("images_per_second", out double imagesPerSecond))
                {
                    times[epoch] = (seconds, imagesPerSecond);
                }
            }
        }
        catch (Exception exception) when (exception is CsvHelperException or IOException or UnauthorizedAccessException)
        {
            // Somebody changed the log, bars it or holds it open; its times are for people to read, and no result
            // depends on them.
        }
        return times;
    }

    private void Replace(string name, Action<TextWriter> write)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        write(text);
        AtomicFile.Write(Path.Combine(Location, name), Encoding.UTF8.GetBytes(text.ToString()));
    }
}
