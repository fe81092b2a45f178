namespace IlgpuCxr.Tests.WeightsImport;

/// <summary>The files of tests/fixtures/weights; beside them are the scripts that made them.</summary>
internal static class Fixture
{
    private static readonly string Folder = Find();

    public static string PathOf(string name) => Path.Combine(Folder, name);

    private static string Find()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string fixtures = Path.Combine(folder, "tests", "fixtures", "weights");
            if (Directory.Exists(fixtures))
                return fixtures;
        }
        throw new DirectoryNotFoundException("tests/fixtures/weights is not above the tests' own folder");
    }
}
