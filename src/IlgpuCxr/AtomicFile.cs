namespace IlgpuCxr;

/// <summary>Writes files whole or not at all.</summary>
public static class AtomicFile
{
    /// <summary>
    /// What the name of a file ends in while it is being written: nothing that a file of the user's is called.
    /// </summary>
    public const string TemporarySuffix = ".cxr.tmp";

    /// <summary>
    /// Writes under a temporary name beside the file's place and renames: who looks finds the whole file or none. What
    /// an interrupted writer left under the temporary name is overwritten, missing directories are made, and a link
    /// stays one: its target is replaced.
    /// </summary>
    /// <param name="path">The file, or a device such as <c>/dev/stdout</c>, which is written to.</param>
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
        Replace(path, file =>
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
        if (IsDevice(path))
            return;
        (string target, string temporary) = Prepare(path);
        Open(temporary).Dispose();
        File.Delete(temporary);
        if (Directory.Exists(target))
            throw new IOException("it is a directory");
    });

    /// <summary>
    /// As <see cref="Write"/>, but no device, and after a power failure whole only if <paramref name="write"/> sees to
    /// that.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes what is to be in it.</param>
    /// <exception cref="IOException">It cannot be written, or another program is writing it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    internal static void Replace(string path, Action<FileStream> write)
    {
        (string target, string temporary) = Prepare(path);
        // Outside the block that deletes it: what another program is writing cannot be opened, and is not this one's to
        // delete.
        FileStream file = Open(temporary);
        try
        {
            using (file)
                write(file);
            // Not while it is open: whoever reads it under its name just then would be told that it is in use.
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Half a file is of use to nobody, and on a full disk in the way.
            File.Delete(temporary);
            throw;
        }
    }

    private static (string Target, string Temporary) Prepare(string path)
    {
        string target = Links.Resolve(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        return (target, target + TemporarySuffix);
    }

    // Shared with nobody, which also Linux heeds: two that write into one file at a time would give it a name while one
    // of them is still writing.
    private static FileStream Open(string temporary) =>
        new(temporary, FileMode.Create, FileAccess.Write, FileShare.None);

    // Replaced by a file, a device would be gone for all programs. Files in /dev/shm are files.
    private static bool IsDevice(string path)
    {
        string full = Path.GetFullPath(path);
        return !OperatingSystem.IsWindows() && full.StartsWith("/dev/", StringComparison.Ordinal)
            && !full.StartsWith("/dev/shm/", StringComparison.Ordinal) && File.Exists(full);
    }

    // Where the output goes into a file, opening that file would begin at its start again.
    private static Stream OpenDevice(string path) => Path.GetFullPath(path) switch
    {
        "/dev/stdout" or "/dev/fd/1" => Console.OpenStandardOutput(),
        "/dev/stderr" or "/dev/fd/2" => Console.OpenStandardError(),
        string full => new FileStream(full, FileMode.Open, FileAccess.Write, FileShare.ReadWrite),
    };
}
