namespace IlgpuCxr.Tests.Data;

/// <summary>
/// Real X-rays, which are no part of the repository: below <c>shared</c> beside it, or where <c>ILGPUCXR_SHARED</c>
/// says.
/// </summary>
internal static class SharedData
{
    /// <summary>The data of the study's Part 1; the test is ignored if there are none.</summary>
    public static string XRays => PartOf("part1");

    /// <summary>The data of the study's Part 2; the test is ignored if there are none.</summary>
    public static string XRaysOfPart2 => PartOf("part2");

    private static string PartOf(string part)
    {
        string shared = Environment.GetEnvironmentVariable("ILGPUCXR_SHARED") is { Length: > 0 } given
            ? given
            : Path.Combine(RepositoryRoot, "..", "shared");
        string path = Path.GetFullPath(Path.Combine(shared, "data", "cxr", part));
        if (!Directory.Exists(path))
            Assert.Ignore(
                $"There are no X-rays in '{path}'; point ILGPUCXR_SHARED to the directory that has data/cxr.");
        return path;
    }

    /// <summary>The directory of the solution.</summary>
    public static string RepositoryRoot
    {
        get
        {
            string? directory = AppContext.BaseDirectory;
            while (directory is not null && !File.Exists(Path.Combine(directory, "IlgpuCxr.sln")))
                directory = Path.GetDirectoryName(directory);
            return directory ?? AppContext.BaseDirectory;
        }
    }
}
