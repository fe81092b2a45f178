using IlgpuCxr.WeightsImport;

namespace IlgpuCxr;

/// <summary>Writes files whole or not at all.</summary>
public static class AtomicFile
{
    /// <summary>
    /// What the name of a file ends in while it is being written, after the file's own and some digits: nothing that a
    /// file of the user's is called.
    /// </summary>
    public const string TemporarySuffix = OutputFile.TemporarySuffix;

    /// <summary>What stands for standard output, which not every system has a file for.</summary>
    public const string StandardOutput = "-";

    /// <summary>
    /// Writes under a temporary name beside the file's place and renames: who looks finds the whole file or none, also
    /// where several write it at once. Missing directories are made, and a link stays one: its target is replaced. What
    /// killed writers left is deleted where a process first writes into the directory an hour later.
    /// </summary>
    /// <param name="path">
    /// The file, or <c>-</c> for standard output or a device such as <c>/dev/stdout</c>, which are written to.
    /// </param>
    /// <param name="bytes">What is to be in it.</param>
    /// <exception cref="IOException">It cannot be written; the message says why and what to do.</exception>
    public static void Write(string path, byte[] bytes) => OutputRefusal.Explain(path, () =>
    {
        if (IsDevice(path))
        {
            using Stream device = OpenDevice(path);
            device.Write(bytes);
            return;
        }
        OutputFile.Replace(path, file =>
        {
            file.Write(bytes);
            // A file that is there says that what it tells is done, also after a power failure.
            file.Flush(flushToDisk: true);
        });
    });

    /// <summary>
    /// Refuses what <see cref="Write"/> would refuse, before the work whose result is to be written; leaves no file,
    /// but makes missing directories.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be written; the message says why and what to do.</exception>
    public static void Try(string path) => OutputRefusal.Explain(path, () =>
    {
        if (!IsDevice(path))
            OutputFile.Try(path);
    });

    /// <summary>
    /// Whether a path stands for standard output: by its names, because what the system says it leads to is a pipe or a
    /// file that others may have too.
    /// </summary>
    /// <param name="path">The path.</param>
    public static bool IsStandardOutput(string path) => path == StandardOutput
        || !OperatingSystem.IsWindows() && Path.GetFullPath(path) is "/dev/stdout" or "/dev/fd/1";

    // Replaced by a file, a device would be gone for all programs. Files in /dev/shm are files.
    private static bool IsDevice(string path)
    {
        string full = Path.GetFullPath(path);
        return IsStandardOutput(path)
            || !OperatingSystem.IsWindows() && full.StartsWith("/dev/", StringComparison.Ordinal)
            && !full.StartsWith("/dev/shm/", StringComparison.Ordinal) && File.Exists(full);
    }

    // Where the output goes into a file, opening that file would begin at its start again.
    private static Stream OpenDevice(string path) => Path.GetFullPath(path) switch
    {
        _ when IsStandardOutput(path) => Console.OpenStandardOutput(),
        "/dev/stderr" or "/dev/fd/2" => Console.OpenStandardError(),
        string full => new FileStream(full, FileMode.Open, FileAccess.Write, FileShare.ReadWrite),
    };
}
