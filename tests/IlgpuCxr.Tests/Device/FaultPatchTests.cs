using IlgpuCxr.Tests.Data;

namespace IlgpuCxr.Tests.Device;

/// <summary>
/// The patches of tests/faults, which a change of the kernels must take along: one that does not fit proves nothing any
/// more.
/// </summary>
public sealed class FaultPatchTests
{
    private static string Faults => Path.Combine(SharedData.RepositoryRoot, "tests", "faults");

    private static IEnumerable<string> Patches() =>
        Directory.EnumerateFiles(Faults, "*.patch")
            .Select(file => Path.GetFileName(file)!)
            .Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Patches))]
    public void Fits_the_sources(string patch)
    {
        string source = "";
        var before = new List<string>();
        foreach (string line in File.ReadAllLines(Path.Combine(Faults, patch)).Append("@@"))
        {
            if (line.StartsWith("+++ b/", StringComparison.Ordinal))
            {
                source = File.ReadAllText(
                    Path.Combine(SharedData.RepositoryRoot, line["+++ b/".Length..])).ReplaceLineEndings("\n");
            }
            else if (line.StartsWith("@@", StringComparison.Ordinal))
            {
                Assert.That(source, Does.Contain(string.Join('\n', before)));
                before.Clear();
            }
            else if (line.Length == 0 || line[0] == ' '
                || line[0] == '-' && !line.StartsWith("---", StringComparison.Ordinal))
            {
                before.Add(line.Length == 0 ? "" : line[1..]);
            }
        }
        Assert.That(source, Is.Not.Empty);
    }

    [Test]
    public void Each_is_tried() => Assert.That(
        File.ReadLines(Path.Combine(Faults, "filters.txt")).Select(line => line.Split(' ')[0] + ".patch"),
        Is.EquivalentTo(Patches()));
}
