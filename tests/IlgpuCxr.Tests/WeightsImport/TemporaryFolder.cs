namespace IlgpuCxr.Tests.WeightsImport;

/// <summary>A folder that a test may fill and that is gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ilgpucxr-weights-");

    public IEnumerable<string> FileNames => folder.EnumerateFiles().Select(file => file.Name);

    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    public void Dispose() => folder.Delete(recursive: true);
}
