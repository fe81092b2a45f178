namespace IlgpuCxr.WeightsImport;

/// <summary>Replaces files; every failure is a <see cref="WeightFormatException"/>.</summary>
internal static class OutputFile
{
    private const string TemporarySuffix = ".tmp";

    /// <summary>
    /// Writes a whole file or nothing: the bytes go to a temporary file beside it, which takes its name only when
    /// they are on the disk, so that neither an error nor a power cut leaves half a file or loses the one before.
    /// </summary>
    public static void Replace(string path, Action<Stream> write)
    {
        try
        {
            // Where a link stands, it is the file that it names which is written.
            ReplaceFile(
                new FileInfo(path).LinkTarget is null
                    ? path
                    : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName,
                write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new WeightFormatException(
                path, $"cannot be written ({e.Message.TrimEnd('.')})", "check the folder and the free space", e);
        }
    }

    /// <summary>The temporary files beside a path, those of killed processes and those in use.</summary>
    public static IEnumerable<string> LeftOversOf(string path) => Directory.EnumerateFiles(
        Path.GetDirectoryName(Path.GetFullPath(path))!, $"{Path.GetFileName(path)}.*{TemporarySuffix}");

    private static void ReplaceFile(string path, Action<Stream> write)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}{TemporarySuffix}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            DeleteIfPresent(temporary);
        }
    }

    // What is left after a failed write must not hide why it failed.
    private static void DeleteIfPresent(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
        }
    }
}
