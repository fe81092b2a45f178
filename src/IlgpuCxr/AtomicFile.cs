namespace IlgpuCxr;

/// <summary>Writes files whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>What the name of a file ends in while it is being written.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>
    /// Writes under a temporary name beside the file's place and renames: who looks finds the whole file or none. What
    /// an interrupted writer left under the temporary name is overwritten.
    /// </summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        string temporary = path + TemporarySuffix;
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, path, overwrite: true);
    }
}
