using System.Text.Json;
using IlgpuCxr.Data;
using IlgpuCxr.Tests.Data;

namespace IlgpuCxr.Tests.Cli;

public sealed class DataCommandTests
{
    private CommandLine cxr;

    [OneTimeSetUp]
    public void Start() => cxr = new CommandLine();

    [OneTimeTearDown]
    public void RemoveIt() => cxr.Dispose();

    [Test]
    public void Phantoms_are_drawn_once_and_what_is_missing_again()
    {
        string[] arguments =
        [
            "data", "phantom", "--out", cxr.PathOf("phantoms"), "--train", "6", "--held", "3", "--size", "32", "--seed",
            "7", "--difficulty", "0.25",
        ];
        Assert.That(
            cxr.Run(arguments).Output,
            Does.Contain("12 phantoms of 32x32 pixels, 12 of them drawn now").And.Contain("part2"));
        File.Delete(Path.Combine(cxr.PathOf("phantoms"), "part1", "train", "normal", "normal-00000.png"));
        string[] lines = cxr.Run(arguments).Output.Split('\n');
        Assert.That(lines[0], Does.Contain("1 of them drawn now"));
        Assert.That(lines[1], Does.Contain("0 of them drawn now"));
        using var manifest = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(cxr.PathOf("phantoms"), "part1", "phantoms.json")));
        JsonElement options = manifest.RootElement.GetProperty("options");
        Assert.That(
            (options.GetProperty("seed").GetInt32(), options.GetProperty("difficulty").GetDouble()),
            Is.EqualTo((7, 0.25)));
    }

    [Test]
    public void Phantoms_of_one_part_lie_in_the_directory_itself()
    {
        CommandResult drawn = cxr.Run(
            "data", "phantom", "--part", "2", "--out", cxr.PathOf("one part"), "--train", "6", "--held", "3", "--size",
            "32", "--quiet");
        Assert.That((drawn.ExitCode, drawn.Output), Is.EqualTo((0, "")), drawn.Error);
        Assert.That(
            ImageDataset.Open(cxr.PathOf("one part"), ClassificationTask.MultiLabel).Train, Has.Count.EqualTo(6));
    }

    [Test]
    public void Check_prints_counts_and_what_is_wrong()
    {
        using DataFolder folder = DataFolder.Complete(2);
        folder.Write("test/normal/copy.png", File.ReadAllBytes(folder.PathOf("train", "normal", "0.png")));
        CommandResult check = cxr.Run("data", "check", folder.Root);
        Assert.That(check.ExitCode, Is.Zero, check.Error);
        Assert.That(
            check.Output,
            Does.Contain("infected").And.Contain("No unreadable file.").And.Contain(
                "1 file that is in several splits or classes:").And.Contain("No image that is almost black."));
        using var json = JsonDocument.Parse(cxr.Run("data", "check", folder.Root, "--json").Output);
        Assert.That(json.RootElement.GetProperty("duplicates").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public void Names_reach_a_pipe_whatever_the_character_set_is()
    {
        using var latin = new CommandLine { Locale = "en_US.ISO-8859-1" };
        using DataFolder folder = DataFolder.Complete(2);
        folder.Write("train/normal/肺.png", [1, 2, 3]);
        CommandResult check = latin.Run("data", "check", folder.Root, "--json");
        using var json = JsonDocument.Parse(check.Output);
        Assert.That(
            json.RootElement.GetProperty("unreadable")[0].GetProperty("path").GetString(), Does.EndWith("肺.png"));
        Assert.That(latin.Run("data", "check", "肺").Error, Does.Contain("'肺'").And.Not.StartWith("\ufeff"));
    }

    [Test]
    public void Cache_is_measured_and_cleared()
    {
        using DataFolder folder = DataFolder.Complete(2);
        CommandResult trained = cxr.Run(
            "train", "--data", folder.Root, "--size", "32", "--batch", "4", "--epochs", "1", "--device", "cpu", "--out",
            cxr.PathOf("run"), "--quiet");
        Assume.That(trained.HasCache, "the drive has room for a cache");
        Assert.That(Images("data", "cache", "--json"), Is.EqualTo(12));
        string stranger = Path.Combine(cxr.PathOf("home"), "images", "notes.txt");
        File.WriteAllText(stranger, "not an entry");
        Assert.That(cxr.Run("data", "cache", "--clear").Output, Does.Contain("deleted 12 decoded images"));
        Assert.That(Images("data", "cache", "--json"), Is.Zero);
        Assert.That(File.Exists(stranger));
    }

    [TestCase("data phantom --out {out} --size 16", 2, "--size 16")]
    [TestCase("data phantom --out {out} --train 2", 2, "--train 2")]
    [TestCase("data phantom --out {out} --held 0", 2, "--held 0")]
    [TestCase("data phantom --out {out} --difficulty 2", 2, "--difficulty 2")]
    [TestCase("data phantom --out {out} --part 3", 2, "--part '3'")]
    [TestCase("data phantom", 2, "--out")]
    [TestCase("data check {out}", 1, "does not exist")]
    [TestCase("data", 2, "data")]
    public void Wrong_input(string commandLine, int exitCode, string expected) =>
        cxr.Run(
            commandLine.Replace(
                "{out}", cxr.PathOf("nowhere"), StringComparison.Ordinal).Split(' ')).AssertRefused(exitCode,
            expected);

    private int Images(params string[] arguments)
    {
        using var json = JsonDocument.Parse(cxr.Run(arguments).Output);
        return json.RootElement.GetProperty("images").GetInt32();
    }
}
