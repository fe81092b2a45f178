namespace IlgpuCxr;

/// <summary>Writes files whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>What the name of a file ends in while it is being written.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>
    /// Writes under a temporary name beside the file's place and renames: who looks finds the whole file or none. What
    /// an interrupted writer left under the temporary name is overwritten, and missing directories are made.
    /// </summary>
    /// <exception cref="IOException">It cannot be written; see <see cref="OutputRefusal"/>.</exception>
    public static void Write(string path, byte[] bytes)
    {
        string temporary = path + TemporarySuffix;
        OutputRefusal.Explain(path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            try
            {
                File.WriteAllBytes(temporary, bytes);
                File.Move(temporary, path, overwrite: true);
            }
            catch (IOException)
            {
                // Half a file is of use to nobody, and on a full disk in the way.
                File.Delete(temporary);
                throw;
            }
        });
    }
}
