using System.Text.RegularExpressions;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Cli;

/// <summary>
/// Whatever is wrong with what the program is given: one sentence that names it, the right exit code, and nothing lost.
/// </summary>
public sealed class WrongInputTests
{
    private const int Failed = 1, WrongUsage = 2;

    private CommandLine cxr;
    private DataFolder data;

    [OneTimeSetUp]
    public void MakeData()
    {
        cxr = new CommandLine();
        data = DataFolder.Complete(2);
    }

    [OneTimeTearDown]
    public void RemoveIt()
    {
        data.Dispose();
        cxr.Dispose();
    }

    // A command line, split at blanks; {data} is a usable data set.
    [TestCase("", WrongUsage, "train, evaluate")]
    [TestCase("tran --data {data}", WrongUsage, "'tran'")]
    [TestCase("train", WrongUsage, "--data")]
    [TestCase("train --data", WrongUsage, "--data")]
    [TestCase("train --data {data} --bogus", WrongUsage, "--bogus")]
    [TestCase("train --data {data} other", WrongUsage, "'other' is more than 'cxr train' takes")]
    [TestCase("train --data {data} --size 8", WrongUsage, "at least 32")]
    [TestCase("train --data {data} --size 5000", WrongUsage, "at most 4096")]
    [TestCase("train --data {data} --size abc", WrongUsage, "--size 'abc' is not a whole number")]
    [TestCase("train --data {data} --batch 0", WrongUsage, "--batch 0")]
    [TestCase("train --data {data} --epochs 0", WrongUsage, "--epochs 0")]
    [TestCase("train --data {data} --epochs -1", WrongUsage, "--epochs")]
    [TestCase("train --data {data} --lr 0", WrongUsage, "--lr 0")]
    [TestCase("train --data {data} --lr nan", WrongUsage, "--lr 'nan' is not a number up to")]
    [TestCase("train --data {data} --lr Infinity", WrongUsage, "--lr 'Infinity' is not a number up to")]
    [TestCase("train --data {data} --batch 3000000000", WrongUsage, "whole number up to 2147483647; see 'cxr train")]
    [TestCase("train --data {data} --lr fast", WrongUsage, "--lr 'fast' is not a number")]
    [TestCase("train --data {data} --momentum 1", WrongUsage, "--momentum 1")]
    [TestCase("train --data {data} --weight-decay -1", WrongUsage, "--weight-decay -1")]
    [TestCase("train --data {data} --loss bce", WrongUsage, "--task multilabel")]
    [TestCase("train --data {data} --task multilabel --loss ce", WrongUsage, "use bce or focal")]
    [TestCase("train --data {data} --task multilabel", Failed, "needs three, covid")]
    [TestCase("train --data {data} --task multilabel --loss hinge", WrongUsage, "use ce or bce or focal")]
    [TestCase("train --data {data} --optimizer rmsprop", WrongUsage, "use sgd or adam or adamw")]
    [TestCase("predict none.png --checkpoint none", Failed, "none.png")]
    [TestCase("predict {data}/train/normal --checkpoint none", Failed, "none.safetensors")]
    [TestCase("predict", WrongUsage, "--checkpoint")]
    [TestCase("train --data {data} --threads 0", WrongUsage, "--threads 0")]
    [TestCase("train --data {data} --seed x", WrongUsage, "--seed 'x'")]
    [TestCase("train --data {data} --net foo", WrongUsage, "--net 'foo' is not known, use resnet18")]
    [TestCase("train --data {data} --task many", WrongUsage, "--task 'many' is not known, use binary or multilabel")]
    [TestCase("train --data {data} --weights imagenet", Failed, "cxr weights fetch resnet18")]
    [TestCase("train --data {data} --weights none.pth", Failed, "There are no weights none.pth")]
    [TestCase(
        "train --data {data} --freeze nonsense", WrongUsage,
        "'nonsense' is no part of resnet18 that could be frozen; name one of conv1, bn1, layer1")]
    [TestCase("train --data {data} --device gpu", WrongUsage, "'gpu'")]
    [TestCase("train --data {data} --device cuda:99", Failed, "cuda:99|number 99")]
    [TestCase("train --data {data} --algorithms convolution=foo", WrongUsage, "vector256")]
    [TestCase("train --data {data} --algorithms foo=naive", WrongUsage, "'foo'")]
    [TestCase("train --data {data} --algorithms niave", WrongUsage, "'niave'")]
    [TestCase("train --data {data} --device cpu --size 32 --algorithms convolution=tiled", Failed, "'tiled'")]
    [TestCase("train --data {data} --device cpu --size 32 --batch 1", WrongUsage, "a size of 65 or a batch of 8")]
    [TestCase("train --data {data} --device cpu --resume --out none", WrongUsage, "none/last|none\\\\last")]
    [TestCase("evaluate --data {data} --checkpoint none/best", Failed, "none/best.safetensors")]
    [TestCase("summary foo", WrongUsage, "'foo'")]
    [TestCase("gradcheck --op relu,foo", WrongUsage, "--op 'foo' is not known, use convolution or linear")]
    [TestCase("gradcheck --device cuda:99", Failed, "cuda:99|number 99")]
    [TestCase("gradcheck --threads 0", WrongUsage, "--threads 0")]
    [TestCase("bench --steps 0", WrongUsage, "--steps 0")]
    [TestCase("bench --device cpu --size 32 --batch 1", WrongUsage, "a size of 65 or a batch of 8")]
    [TestCase(
        "bench --device cpu --size 4096 --batch 10000000 --steps 1", WrongUsage,
        "has more values than an array holds; use a smaller --batch or --size")]
    [TestCase(
        "train --data {data} --device cpu --size 32 --hidden 2000000000", Failed,
        "not enough memory; use a smaller --hidden")]
    [TestCase("train --data {data} --gamma 1", WrongUsage, "--gamma has no effect without --loss focal")]
    [TestCase("train --data {data} --beta1 0.5", WrongUsage, "--beta1 has no effect without --optimizer adam")]
    [TestCase(
        "train --data {data} --optimizer adam --momentum 0.5", WrongUsage,
        "--momentum has no effect without --optimizer sgd")]
    [TestCase(
        "train --data {data} --task multilabel --dropout 0.9", WrongUsage,
        "--dropout has no effect without --hidden, because resnet18's own classifier drops nothing")]
    [TestCase(
        "train --data {data} --net vgg16 --size 32 --freeze features,classifier --device cpu", WrongUsage,
        "leaves nothing to train; freeze less")]
    [TestCase("predict {data} --checkpoint", WrongUsage, "see 'cxr predict --help'")]
    [TestCase("data bogus", WrongUsage, "'bogus' is no command of 'cxr data'; use one of check, phantom, cache")]
    [TestCase("data phantom", WrongUsage, "see 'cxr data phantom --help'")]
    [TestCase("data check {data} --bogus", WrongUsage, "'cxr data check --help' lists those")]
    [TestCase("bench --data {data} --mode infer", WrongUsage, "--mode infer")]
    [TestCase("bench --data {data} --device cpu --size 32 --batch 32 --steps 1", WrongUsage, "--batch of at most")]
    [TestCase("bench --data nowhere", Failed, "nowhere")]
    public void Wrong_options(string commandLine, int exitCode, string expected)
    {
        string[] arguments =
        [
            .. commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(
                argument => argument.Replace("{data}", data.Root, StringComparison.Ordinal)),
        ];
        cxr.Run(arguments).AssertRefused(exitCode, expected);
    }

    [Test]
    public void An_empty_directory_is_no_data() =>
        AssertNoData("empty", folder => folder.Write("readme.txt", [1]), "empty");

    [Test]
    public void One_class_is_nothing_to_tell_apart() =>
        AssertNoData("one", folder =>
        {
            folder.WriteImage("train/normal/a.png");
            folder.WriteImage("validation/normal/a.png");
        }, "only the class 'normal'");

    [Test]
    public void Training_needs_validation_images() => AssertNoData("no validation", folder =>
    {
        folder.WriteImage("train/normal/a.png");
        folder.WriteImage("train/infected/a.png");
    }, "no split 'validation'");

    [Test]
    public void A_missing_directory_is_told() =>
        cxr.Run("train", "--data", cxr.PathOf("missing")).AssertRefused(Failed, "missing' does not exist");

    [Test]
    public void A_file_is_no_data_directory() =>
        cxr.Run("train", "--data", data.PathOf("train", "normal", "0.png")).AssertRefused(Failed, "is a file");

    [Test]
    public void Results_cannot_go_below_a_file()
    {
        File.WriteAllText(cxr.PathOf("file"), "");
        foreach ((string path, string expected) in new[] { ("file", "file' cannot be written (it is a file and not a directory)"), (Path.Combine("file", "run"), "cannot be written") })
            cxr.Run("train", "--data", data.Root, "--size", "32", "--out", cxr.PathOf(path)).AssertRefused(
                Failed, expected);
        cxr.Run("train", "--data", data.Root, "--size", "32", "--out", "").AssertRefused(WrongUsage, "--out ''");
    }

    [Test]
    public void Phantoms_cannot_go_below_a_file()
    {
        File.WriteAllText(cxr.PathOf("notes"), "");
        cxr.Run(
            "data", "phantom", "--part", "1", "--size", "32", "--out", cxr.PathOf("notes")).AssertRefused(Failed,
            "notes' cannot be written");
    }

    [Test]
    public void What_several_threads_cannot_write_is_told_once()
    {
        string[] arguments =
        [
            "data", "phantom", "--part", "1", "--size", "32", "--train", "6", "--held", "3", "--threads", "2", "--out",
            cxr.PathOf("barred"),
        ];
        Assert.That(cxr.Run(arguments).ExitCode, Is.Zero);
        foreach (string image in Directory.GetFiles(cxr.PathOf("barred"), "*.png", SearchOption.AllDirectories))
        {
            File.Delete(image);
            Directory.CreateDirectory(image);
        }
        cxr.Run(arguments).AssertRefused(Failed, ".png' cannot be written (it is a directory)");
    }

    [Test]
    public void The_checkpoint_that_is_read_is_not_overwritten_whatever_is_beside_it()
    {
        File.WriteAllText(cxr.PathOf("beside"), "");
        File.WriteAllText(cxr.PathOf("beside.safetensors"), "weights");
        cxr.Run(
            "predict", data.PathOf("train", "normal", "0.png"), "--checkpoint", cxr.PathOf("beside"), "--csv",
            cxr.PathOf("beside.safetensors")).AssertRefused(WrongUsage, "would overwrite the input");
        Assert.That(File.ReadAllText(cxr.PathOf("beside.safetensors")), Is.EqualTo("weights"));
    }

    [Test]
    public void A_directory_of_several_data_sets_names_one()
    {
        using var study = new DataFolder();
        study.WriteImage("part1/train/normal/0.png");
        study.WriteImage("part2/train/normal/0.png");
        cxr.Run("data", "check", study.Root).AssertRefused(
            Failed, $"has no split 'train'; name one that has it, such as '{study.PathOf("part1")}'.");
    }

    [Test]
    public void A_directory_is_no_image_to_explain() =>
        cxr.Run("explain", data.Root, "--checkpoint", "none").AssertRefused(
            Failed, $"'{data.Root}' is a directory; name one image in it.");

    [Test]
    public void An_empty_directory_of_weights_asks_where_they_are()
    {
        string empty = Directory.CreateDirectory(cxr.PathOf("no weights")).FullName;
        cxr.Run("reproduce", "--device", "cpu", "--weights", empty, "--out", cxr.PathOf("without weights"))
            .AssertRefused(Failed, $"in {empty}; put the weights there, or name where they are.");
    }

    [TestCase("weights inspect", "file '' is empty")]
    [TestCase("data phantom --out", "--out '' is empty")]
    public void An_empty_name_is_told(string commandLine, string expected) =>
        cxr.Run([.. commandLine.Split(' '), ""]).AssertRefused(WrongUsage, expected);

    [Test]
    public void A_directory_of_directories_has_no_images_to_predict()
    {
        string checkpoint = cxr.PathOf("untrained");
        using (ComputeDevice device = DeviceCatalog.Open("cpu"))
        using (var network = new Network(device, "resnet18", NetworkHead.Part1))
            Checkpoint.Save(
                checkpoint, device, network, null,
                new CheckpointInfo
                {
                    Options = new TrainingOptions { Size = 32 },
                    Head = NetworkHead.Part1,
                    Classes = ["infected", "normal"],
                    History = [],
                });
        cxr.Run("predict", data.PathOf("train"), "--checkpoint", checkpoint, "--device", "cpu")
            .AssertRefused(Failed, $"name one of those, such as '{data.PathOf("train", "infected")}'");
    }

    [Test]
    public void Files_that_are_no_checkpoints_are_told()
    {
        File.WriteAllText(cxr.PathOf("notes.safetensors"), "only some notes");
        cxr.Run(
            "evaluate", "--data", data.Root, "--checkpoint", cxr.PathOf("notes")).AssertRefused(Failed,
            "notes.safetensors");
    }

    [Test]
    public void Verbose_shows_where()
    {
        CommandResult result = cxr.Run("train", "--data", data.Root, "--batch", "0", "--verbose");
        Assert.That(result.ExitCode, Is.EqualTo(WrongUsage));
        Assert.That(result.Error, Does.Contain("--batch 0").And.Contain("   at IlgpuCxr."));
    }

    [TestCase("--help", "Commands:")]
    [TestCase("train --help", "--resume")]
    [TestCase("gradcheck --help", "  --op <operators>  ")]
    public void Help_is_no_failure(string commandLine, string expected)
    {
        CommandResult result = cxr.Run(commandLine.Split(' '));
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Output, Does.Contain(expected));
        Assert.That(result.Error, Is.Empty);
    }

    [Test]
    public void Defaults_in_the_help_can_be_typed()
    {
        string[] lines = cxr.Run("train", "--help").Output.Split('\n');
        (string Words, string Default)[] choices =
        [
            .. lines
                .Select(line => Regex.Match(line, @"^  --\S+ <(?<words>[^>]+\|[^>]+)>.*\[default: (?<default>[^\];]+)"))
                .Where(match => match.Success)
                .Select(match => (match.Groups["words"].Value, match.Groups["default"].Value)),
        ];
        Assert.That(choices, Has.Length.GreaterThanOrEqualTo(6));
        foreach ((string words, string byDefault) in choices)
            Assert.That(words.Split('|'), Does.Contain(byDefault));
        Assert.That(
            lines,
            Has.One.Contains("[default: ce; multilabel: bce]").And.One.Contains("[default: part1; multilabel: part2]"));
    }

    private void AssertNoData(string name, Action<DataFolder> fill, string expected)
    {
        using var folder = new DataFolder();
        fill(folder);
        cxr.Run("train", "--data", folder.Root, "--out", cxr.PathOf(name)).AssertRefused(Failed, expected);
        Assert.That(Directory.Exists(cxr.PathOf(name)), Is.False, "a run that cannot begin leaves no directory");
    }
}
