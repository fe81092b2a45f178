using System.Text.RegularExpressions;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Tests.WeightsImport;

namespace IlgpuCxr.Tests.Library;

/// <summary>docs/library.md shows a program that works, and prints what the page says.</summary>
public sealed partial class LibraryPageTests
{
    [Test]
    public void Its_program_prints_what_the_page_says()
    {
        using var folder = new TemporaryFolder();
        using var printed = new StringWriter();
        LibraryPage.Run(folder.PathOf(""), printed);
        Assert.That(printed.ToString(), Does.Match(@"^loss 0\.0\d{3}\s+right: 32 of 32\s+squared error 0\.0\d{3}\s+$"));
        Assert.That(File.Exists(folder.PathOf("small.safetensors")));
    }

    [Test]
    public void Its_lines_are_those_of_the_program_tested_here()
    {
        string page = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "docs", "library.md"));
        string[] tested = Lines(
            File.ReadAllText(
                Path.Combine(SharedData.RepositoryRoot, "tests", "IlgpuCxr.Tests", "Library", "LibraryPage.cs")));
        MatchCollection blocks = Code().Matches(page);
        Assert.That(blocks, Has.Count.EqualTo(4), "the network, the loss and its loop, the layer");
        foreach (Match block in blocks)
        {
            string[] shown = Lines(
                block.Groups[1].Value.Replace("public sealed class", "internal sealed class")
                    .Replace("public static class", "internal static class"));
            int start = Array.IndexOf(tested, shown[0]);
            Assert.That(start, Is.GreaterThanOrEqualTo(0), shown[0]);
            Assert.That(tested.Skip(start).Take(shown.Length), Is.EqualTo(shown));
        }
    }

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Code();
}
