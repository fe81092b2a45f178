using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace IlgpuCxr.WeightsImport;

/// <summary>Replaces files whole or not at all; all of this program's files that must not be found cut are.</summary>
/// <remarks>
/// Each writer has a temporary file of its own: with one name for all, a second writer could begin the file again
/// between the moment at which the first closes it and that at which the first gives it its name.
/// </remarks>
internal static class OutputFile
{
    /// <summary>What the names of temporary files end in: nothing that a file of the user's is called.</summary>
    public const string TemporarySuffix = ".cxr.tmp";

    private const int NameDigits = 16;

    // Together ten seconds: longer than anybody reads a checkpoint.
    private const int RenameTries = 21;

    private static readonly TimeSpan RenamePause = TimeSpan.FromMilliseconds(500);

    // No writer pauses for so long, not even for a disk that is slow to take a gigabyte.
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private static readonly ConcurrentDictionary<string, bool> Swept = [];

    /// <summary>
    /// Writes to a temporary file beside a file, which takes its name only when it is whole, so that no error leaves
    /// half a file or loses the one before. Missing directories are made, and a link stays one: its target is replaced.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="write">
    /// Writes what is to be in it. After a power failure it is whole only if this flushes to the disk.
    /// </param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Replace(string path, Action<FileStream> write)
    {
        string target = Prepare(path), temporary = TemporaryOf(target);
        try
        {
            using (FileStream file = Open(temporary))
                write(file);
            // Not while it is open: whoever reads it under its name just then would be told that it is in use.
            Rename(temporary, target);
        }
        catch
        {
            // Half a file is of use to nobody, and on a full disk in the way.
            TryDelete(temporary);
            throw;
        }
    }

    /// <summary>
    /// The same for weights, which are on the disk when it returns; every failure is a
    /// <see cref="WeightFormatException"/>.
    /// </summary>
    public static void ReplaceWeights(string path, Action<Stream> write)
    {
        try
        {
            Replace(path, file =>
            {
                write(file);
                file.Flush(flushToDisk: true);
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new WeightFormatException(
                path, $"cannot be written ({e.Message.TrimEnd('.')})", "check the folder and the free space", e);
        }
    }

    /// <summary>Fails where <see cref="Replace"/> would; leaves no file, but makes missing directories.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Try(string path)
    {
        string target = Prepare(path), temporary = TemporaryOf(target);
        Open(temporary).Dispose();
        File.Delete(temporary);
        if (Directory.Exists(target))
            throw new IOException("it is a directory");
    }

    /// <summary>Fails where a file system that can tell has no room for a file; leaves none.</summary>
    /// <param name="path">The file, in a directory that can be written.</param>
    /// <param name="bytes">Its length, at least 1.</param>
    /// <exception cref="IOException">There is too little room.</exception>
    public static void TryRoom(string path, long bytes)
    {
        var allocated = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            PreallocationSize = bytes,
        };
        string temporary = TemporaryOf(Links.Resolve(path));
        try
        {
            // What the drive says is free would leave out quotas.
            new FileStream(temporary, allocated).Dispose();
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <summary>The temporary files of a file, those of killed processes and those in use.</summary>
    /// <param name="path">The file, in a directory that exists.</param>
    public static IEnumerable<string> LeftOversOf(string path)
    {
        string target = Links.Resolve(path);
        return Directory.EnumerateFiles(Path.GetDirectoryName(target)!).Where(file =>
            file.StartsWith(target + ".", StringComparison.Ordinal)
            && file.EndsWith(TemporarySuffix, StringComparison.Ordinal));
    }

    private static string Prepare(string path)
    {
        string target = Links.Resolve(path), directory = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(directory);
        if (Swept.TryAdd(directory, true))
            Sweep(directory);
        return target;
    }

    private static string TemporaryOf(string target) =>
        $"{target}.{RandomNumberGenerator.GetHexString(NameDigits, lowercase: true)}{TemporarySuffix}";

    private static FileStream Open(string temporary) =>
        new(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);

    // Windows refuses it as long as somebody has the target open, or a virus scanner the new file; a training of days
    // must not end for that. The other systems leave readers the old file.
    private static void Rename(string temporary, string target)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                File.Move(temporary, target, overwrite: true);
                return;
            }
            catch (Exception e) when (
                OperatingSystem.IsWindows() && tries < RenameTries && e is IOException or UnauthorizedAccessException)
            {
                Thread.Sleep(RenamePause);
            }
        }
    }

    /// <summary>Deletes what writers that were killed left in a directory, once in each process.</summary>
    private static void Sweep(string directory)
    {
        try
        {
            foreach (string file in Directory.EnumerateFiles(directory, "*" + TemporarySuffix))
            {
                if (DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > LongestPause)
                    TryDelete(file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Files may be added to a directory that may not be listed.
        }
    }

    // What cannot be deleted must hide neither why a file was not written nor that it was.
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
