using IlgpuCxr.Tests.Data;

namespace IlgpuCxr.Tests.Cli;

/// <summary>
/// Names of files and classes come from strangers: no command shows them so that they command the terminal.
/// </summary>
[Platform("Linux", Reason = "Windows has no such names.")]
public sealed class HostileNameTests
{
    private const string Hostile = "no\u001b[31mrmal\u009b", Shown = "no?[31mrmal?";

    private CommandLine cxr;
    private DataFolder data;
    private CommandResult trained;

    private string Best => Path.Combine(cxr.PathOf(Hostile), "best");

    [OneTimeSetUp]
    public void Train()
    {
        cxr = new CommandLine();
        data = new DataFolder();
        foreach (string split in new[] { "train", "validation" })
        {
            foreach (string name in new[] { "infected", Hostile })
            {
                data.WriteImage($"{split}/{name}/0{Hostile}.png");
                data.WriteImage($"{split}/{name}/1.png", seed: 9);
            }
        }
        data.Write($"train/{Hostile}/2.png", [1, 2, 3]);
        trained = cxr.Run(
            "train", "--data", data.Root, "--size", "32", "--batch", "4", "--epochs", "1", "--device", "cpu", "--out",
            cxr.PathOf(Hostile));
    }

    [OneTimeTearDown]
    public void RemoveIt()
    {
        data.Dispose();
        cxr.Dispose();
    }

    [Test]
    public void Training_tells_classes_and_unreadable_images()
    {
        AssertPlain(trained);
        Assert.That(trained.Output, Does.Contain($"5 training, 4 validation, 0 test image files of infected, {Shown}"));
        Assert.That(trained.Error, Does.Contain($"{Shown}/2.png"));
    }

    [TestCase("data check {data}", Shown)]
    [TestCase("evaluate --data {data} --checkpoint {best} --device cpu", $"│ {Shown} ")]
    [TestCase("predict {image} --checkpoint {best} --device cpu", $"{Shown}/best: probability of each class")]
    [TestCase("explain {image} --checkpoint {best} --device cpu --class {class}", $"speaks for {Shown}")]
    public void Commands_tell_names(string commandLine, string expected)
    {
        CommandResult result = cxr.Run(
            commandLine.Split(' ').Select(argument => argument switch
            {
                "{data}" => data.Root,
                "{best}" => Best,
                "{image}" => data.PathOf("train", Hostile, "1.png"),
                "{class}" => Hostile,
                _ => argument,
            }));
        AssertPlain(result);
        Assert.That(result.Output, Does.Contain(expected));
    }

    [Test]
    public void A_refusal_tells_names()
    {
        string[] arguments = ["predict", cxr.PathOf(Hostile + ".png"), "--checkpoint", Best];
        CommandResult refused = cxr.Run(arguments), verbose = cxr.Run([.. arguments, "--verbose"]);
        foreach (CommandResult result in new[] { refused, verbose })
            Assert.That(result.Error, Does.Contain(Shown).And.Not.Contain('\u001b').And.Not.Contain('\u009b'));
        Assert.That(refused.ErrorLines, Has.Length.EqualTo(1));
        Assert.That(verbose.ErrorLines, Has.Some.StartsWith("   at "));
    }

    private static void AssertPlain(CommandResult result)
    {
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output + result.Error, Does.Not.Contain('\u001b').And.Not.Contain('\u009b'));
    }
}
