using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IlgpuCxr.Cli.Commands;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Phantoms;
using IlgpuCxr.Reports;
using IlgpuCxr.Reproduction;
using IlgpuCxr.Study;
using IlgpuCxr.Tests.Cli;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Tests.Training;
using IlgpuCxr.Training;
using IlgpuCxr.Weights;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.Reproduction;

/// <summary>A study of two rows on a handful of images, in the study's own directory names.</summary>
public sealed class StudyReproductionTests
{
    private static readonly string[] RowDirectories = ["part1-row2-resnet18-fc", "part2-row2-resnet18-bce"];

    private CommandLine cxr;
    private DataFolder part1;
    private DataFolder part2;
    private CommandResult whole;

    private string Whole => cxr.PathOf("whole");

    [OneTimeSetUp]
    public void Reproduce()
    {
        cxr = new CommandLine();
        part1 = DataFolder.Complete(4);
        part2 = StudyFolders.Part2("A_05_Part_02_Dataset/");
        whole = cxr.Run(Arguments(Whole));
    }

    [OneTimeTearDown]
    public void RemoveIt()
    {
        part1.Dispose();
        part2.Dispose();
        cxr.Dispose();
    }

    [Test]
    public void Tables_are_printed_as_paper_ours_difference()
    {
        Assert.That(whole.ExitCode, Is.Zero, whole.Error);
        Assert.That(whole.Error, Is.Empty);
        foreach (string title in new[] { "Part 1, accuracy", "Part 1, F1", "Part 2, accuracy", "Part 2, F1" })
            Assert.That(whole.Output, Does.Contain(title));
        RowResult result = new RowDirectory(Whole, StudyRows.Parse("2")[0]).ReadResult()!;
        Assert.That(
            whole.Output,
            Does.Contain($"row 2 {StudyRows.Parse("2")[0].Published.BestEpoch} / {result.BestEpoch}, row "));
        Assert.That(
            whole.Output,
            Does.Contain("(get them by 'cxr weights fetch resnet18'): starting from random weights")
                .And.Contain("report.html"));
        Assert.That(
            whole.Output.Split('\n')
                .Where(line => line.StartsWith('│') || line.StartsWith('╭'))
                .Select(line => line.Length),
            Is.All.LessThanOrEqualTo(100));
    }

    [Test]
    public void Every_row_leaves_a_run_directory_with_its_results()
    {
        foreach (string row in RowDirectories)
        {
            string[] expected =
            [
                "best.safetensors", "last.safetensors", "config.json", "log.csv", "row.json", "result.json", "loss.png",
                "accuracy.png", "confusion.png", ".lock",
                .. row.StartsWith("part2", StringComparison.Ordinal) ? ["results.csv"] : Array.Empty<string>(),
            ];
            Assert.That(
                Directory.EnumerateFiles(Path.Combine(Whole, row)).Select(Path.GetFileName), Is.EquivalentTo(expected));
        }
        Assert.That(File.Exists(Path.Combine(Whole, "report.html")) && File.Exists(Path.Combine(Whole, "report.md")));
    }

    [Test]
    public void Unlabelled_images_are_predicted_in_the_studys_format() =>
        Assert.That(
            File.ReadAllLines(Path.Combine(Whole, RowDirectories[1], "results.csv")),
            Has.Length.EqualTo(3).And.All.Match("^[012]\\.png,[01],[01],[01]$"));

    [Test]
    public void A_result_is_that_of_the_best_checkpoint()
    {
        RowResult result = new RowDirectory(Whole, StudyRows.Parse("2")[0]).ReadResult()!;
        EpochResult best = result.History.Single(epoch => epoch.Epoch == result.BestEpoch);
        Assert.That(result.Of("validation")!.Accuracy, Is.EqualTo(best.ValidationAccuracy));
        Assert.That(result.Of("train")!.Accuracy, Is.EqualTo(best.TrainAccuracy));
        Assert.That(result.Splits.Select(split => split.Images), Is.All.EqualTo(8));
        Assert.That(result.Of("test")!.Confusion[0].Sum(row => row.Sum()), Is.EqualTo(8));
    }

    [Test]
    public void A_row_is_judged_and_its_images_predicted_by_the_best_checkpoint_and_not_by_the_last()
    {
        StudyRow row = StudyRows.Parse("p2:2")[0];
        StudyOptions options = Options(cxr.PathOf("best")) with { Rows = [row] };
        RowDirectory trained = new(Whole, row), judged = new(options.Out, row);
        Directory.CreateDirectory(judged.Location);
        foreach (string name in new[] { "last.safetensors", "config.json", "log.csv", "row.json" })
            File.Copy(trained.PathOf(name), judged.PathOf(name));
        JsonNode configuration = JsonNode.Parse(File.ReadAllBytes(judged.PathOf("config.json")))!;
        configuration["trainedOn"] = "one GPU, from epoch 1 on another in tf32";
        File.WriteAllText(judged.PathOf("config.json"), configuration.ToJsonString());
        ChangedCheckpoint.Write(judged.PathOf("best.safetensors"), trained.PathOf("best"), "fc.bias", 100, 100, 100);
        using ComputeDevice device = SmallRun.Open(2);
        RowResult result =
            Reproduction(device, options).Run(new Watcher(), CancellationToken.None).Rows.Single().Result!;
        Assert.That(
            result.Splits.SelectMany(split => split.Confusion).Select(matrix => matrix[0][0] + matrix[1][0]),
            Is.All.Zero, "Every label is said of every image.");
        Assert.That(File.ReadAllLines(judged.Predictions), Has.Length.EqualTo(3).And.All.EndsWith(",1,1,1"));
        Assert.That(
            (result.Device, result.Precision), Is.EqualTo(("one GPU, from epoch 1 on another in tf32", (Precision?)null)),
            "Where it was trained, and not where it was judged.");
    }

    [Test]
    public void Part_2s_curves_begin_with_the_untrained_network() =>
        Assert.That(
            new RowDirectory(Whole, StudyRows.Parse("p2:2")[0]).ReadResult()!.History.Select(epoch => epoch.Epoch),
            Is.EqualTo(new[] { -1, 0, 1 }));

    [Test]
    public void Complete_rows_are_not_trained_again()
    {
        Dictionary<string, DateTime> before = Checkpoints(Whole).ToDictionary(file => file, File.GetLastWriteTimeUtc);
        CommandResult again = cxr.Run(Arguments(Whole));
        Assert.That(again.ExitCode, Is.Zero, again.Error);
        Assert.That(again.Output.Split("complete already"), Has.Length.EqualTo(1 + RowDirectories.Length));
        Assert.That(Checkpoints(Whole).ToDictionary(file => file, File.GetLastWriteTimeUtc), Is.EqualTo(before));
    }

    [Test]
    public void Json_is_json_and_nothing_else()
    {
        CommandResult result = cxr.Run([.. Arguments(Whole), "--json"]);
        using var json = JsonDocument.Parse(result.Output);
        Assert.That(
            json.RootElement.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("row").GetString()),
            Is.EqualTo(new[] { "2", "p2:2" }));
    }

    [Test]
    public void Another_configuration_is_refused_by_name()
    {
        cxr.Run(Arguments(Whole, "--epochs", "3")).AssertRefused(2, "options.epochs is 2 there and 3 now");
        using DataFolder others = DataFolder.Complete(5);
        cxr.Run(Arguments(Whole, "--part1", others.Root)).AssertRefused(
            2, "another configuration (data.train is 8 there and 10 now)");
    }

    [TestCase("row.json", "row.json' is damaged; delete it, and the same command does again what is missing.")]
    [TestCase("result.json", "result.json' is damaged; delete it, and the same command does again what is missing.")]
    public void What_is_damaged_in_a_rows_directory_is_a_failure_and_no_wrong_usage(string file, string expected)
    {
        string study = cxr.PathOf("spoilt " + file);
        var row = new RowDirectory(study, StudyRows.Parse("2")[0]);
        Directory.CreateDirectory(row.Location);
        File.WriteAllText(row.PathOf(file), "{");
        cxr.Run(Arguments(study, "--rows", "2")).AssertRefused(1, expected);
    }

    [TestCase("result.json")]
    [TestCase("row.json")]
    public void A_row_that_another_call_has_taken_meanwhile_is_refused_at_its_turn(string changed)
    {
        StudyOptions options = Options(cxr.PathOf("taken by " + changed));
        foreach (string row in RowDirectories)
        {
            Directory.CreateDirectory(Path.Combine(options.Out, row));
            foreach (string name in new[] { "row.json", "result.json" })
                File.Copy(Path.Combine(Whole, row, name), Path.Combine(options.Out, row, name));
        }
        var watcher = new Watcher
        {
            WhenComplete = _ =>
            {
                RowDirectory next = new(options.Out, options.Rows[1]);
                string file = next.PathOf(changed), text = File.ReadAllText(file);
                if (changed == "row.json")
                    File.Delete(next.PathOf("result.json"));
                File.WriteAllText(file, text.Replace("\"epochs\": 2", "\"epochs\": 3", StringComparison.Ordinal));
            },
        };
        using ComputeDevice device = SmallRun.Open(2);
        Assert.That(
            () => Reproduction(device, options).Run(watcher, CancellationToken.None),
            Throws.TypeOf<UsageException>().With.Message.Contains("options.epochs is 3 there and 2 now"));
    }

    [Test]
    public void A_row_that_another_call_is_training_stays_that_calls_and_the_others_are_trained()
    {
        StudyOptions options = Options(cxr.PathOf("locked")) with { Epochs = 1 };
        var row = new RowDirectory(options.Out, options.Rows[0]);
        var watcher = new Watcher();
        using ComputeDevice device = SmallRun.Open(2);
        StudyReproduction reproduction = Reproduction(device, options);
        using (row.Open().Lock())
            Assert.That(
                reproduction.Run(watcher, CancellationToken.None).Rows.Select(result => result.Row),
                Is.EqualTo(new[] { options.Rows[1] }));
        Assert.That(reproduction.Failed.Select(failed => failed.Row), Is.EqualTo(new[] { options.Rows[0] }));
        Assert.That(watcher.Failures, Has.Exactly(1).Contains("Another process is training into"));
        Assert.That(File.Exists(row.PathOf("row.json")), Is.False);
    }

    [Test]
    public void Images_that_could_not_be_read_are_told_also_where_a_row_fails()
    {
        using DataFolder damaged = DataFolder.Complete(1);
        foreach (string name in new[] { "infected", "normal" })
            damaged.Write($"train/{name}/0.png", []);
        using ComputeDevice device = SmallRun.Open(2);
        StudyReproduction reproduction = Reproduction(
            device, Options(cxr.PathOf("unreadable")) with { Part1 = damaged.Root });
        Assert.That(
            () => reproduction.Run(new Watcher(), CancellationToken.None),
            Throws.TypeOf<DataException>().With.Message.Contains("None of the 2 images can be read"));
        Assert.That(reproduction.Unreadable, Has.Count.EqualTo(2));
    }

    [Test]
    public void Forced_algorithms_are_told_and_are_no_other_configuration()
    {
        string study = cxr.PathOf("forced");
        CommandResult forced = cxr.Run(Arguments(study, "--rows", "2", "--epochs", "1", "--algorithms", "relu=naive"));
        Assert.That(forced.ExitCode, Is.Zero, forced.Error);
        Assert.That(forced.Output, Does.Contain(" in fp32 with the algorithms relu=naive"));
        var row = new RowDirectory(study, StudyRows.Parse("2")[0]);
        Assert.That(
            (row.ReadResult()!.Precision, row.ReadResult()!.Algorithms), Is.EqualTo((Precision.Fp32, "relu=naive")));
        using JsonDocument configuration = JsonDocument.Parse(File.ReadAllBytes(row.PathOf("config.json")));
        Assert.That(configuration.RootElement.GetProperty("precision").GetString(), Is.EqualTo("fp32"));
        Assert.That(configuration.RootElement.GetProperty("algorithms").GetString(), Is.EqualTo("relu=naive"));
        Assert.That(
            cxr.Run(Arguments(study, "--rows", "2", "--epochs", "1")).Output, Does.Contain("complete already"));
    }

    [Test]
    public void Rows_that_diverge_are_told_each_and_end_in_a_failure()
    {
        string study = cxr.PathOf("diverging");
        CommandResult diverged = cxr.Run([.. Arguments(study, "--lr", "1e30"), "--json"]);
        Assert.That(diverged.ExitCode, Is.EqualTo(1), diverged.Error);
        // The first tells that the weights are random.
        string[] told = diverged.ErrorLines[1..];
        Assert.That(told, Has.Length.EqualTo(3), diverged.Error);
        foreach ((int line, string id) in new[] { (0, "2"), (1, "p2:2") })
        {
            Assert.That(
                told[line],
                Does.StartWith($"Row {id} ('{Path.Combine(study, RowDirectories[line])}'): The loss of epoch ").And.EndWith(
                    " start again with a smaller --lr and another --out, or leave the row out of --rows."));
        }
        Assert.That(told[2], Does.StartWith("2 rows failed: 2, p2:2; "));
        using var json = JsonDocument.Parse(diverged.Output);
        Assert.That(
            json.RootElement.GetProperty("failed").EnumerateArray().Select(row => row.GetProperty("row").GetString()),
            Is.EqualTo(new[] { "2", "p2:2" }));
        Assert.That(
            File.ReadAllText(Path.Combine(study, "report.md")), Does.Contain("0 of 12 rows are complete"));
    }

    [TestCase(true, "The loss of epoch 0 is not a number; start again with a smaller --lr and another --out, or ")]
    [TestCase(false, "There is not enough memory; use a smaller --batch or --size and another --out, or ")]
    public void A_row_that_fails_does_not_keep_the_others_from_being_trained(bool diverges, string expected)
    {
        StudyOptions options = Options(cxr.PathOf($"failing {diverges}")) with { Epochs = 1 };
        Exception failure = diverges
            ? new NetworkException("The loss of epoch 0 is not a number; start again with a smaller --lr.")
            {
                IsDivergence = true,
            }
            : new InsufficientMemoryException();
        var watcher = new Watcher
        {
            WhenWorking = row =>
            {
                if (row.Row.Part == StudyPart.Part1)
                    throw failure;
            },
        };
        using ComputeDevice device = SmallRun.Open(2);
        StudyReproduction reproduction = Reproduction(device, options);
        StudyReport report = reproduction.Run(watcher, CancellationToken.None);
        Assert.That(reproduction.Failed.Select(row => row.Row), Is.EqualTo(new[] { options.Rows[0] }));
        Assert.That(watcher.Failures, Has.Exactly(1).Contains(RowDirectories[0] + "'): " + expected));
        Assert.That(report.Rows.Select(row => row.Row), Is.EqualTo(new[] { options.Rows[1] }));
        Assert.That(File.ReadAllText(report.MarkdownPath), Does.Contain("1 of 12 rows are complete"));
        Assert.That(
            Reproduction(device, options).Run(new Watcher(), CancellationToken.None).Rows, Has.Count.EqualTo(2),
            "the same again completes it, where nothing hinders it any more");
    }

    [Test]
    public void A_report_that_cannot_be_written_after_a_row_does_not_keep_the_others_from_being_trained()
    {
        StudyOptions options = Options(cxr.PathOf("barred report")) with { Epochs = 1 };
        Directory.CreateDirectory(Path.Combine(options.Out, "report.md"));
        using ComputeDevice device = SmallRun.Open(2);
        Assert.That(
            () => Reproduction(device, options).Run(new Watcher(), CancellationToken.None),
            Throws.TypeOf<IOException>().With.Message.Contains("report.md' cannot be written"), "at the end");
        Assert.That(
            options.Rows.Select(row => new RowDirectory(options.Out, row).ReadResult()), Has.All.Not.Null);
    }

    // Stopped in the first epochs, after a row's last epoch, between two rows and while the report is written.
    [TestCase(
        "KILL", "part1-row2-resnet18-fc/last.safetensors", "part1-row2-resnet18-fc/result.json",
        "part2-row2-resnet18-bce/best.safetensors")]
    [TestCase(
        "KILL", "part1-row2-resnet18-fc/row.json", "report.md", "part2-row2-resnet18-bce/last.safetensors",
        "part2-row2-resnet18-bce/results.csv")]
    [TestCase("INT", "part1-row2-resnet18-fc/best.safetensors", "part2-row2-resnet18-bce/row.json")]
    [Platform(Exclude = "Win", Reason = "Windows has no signals.")]
    public void However_often_it_is_stopped_it_ends_with_the_same_bytes(string signal, params string[] when)
    {
        string study = cxr.PathOf(Path.GetRandomFileName());
        foreach (string file in when)
        {
            using Process process = cxr.Start(Arguments(study));
            while (!File.Exists(Path.Combine(study, file)) && !process.HasExited)
                Thread.Sleep(2);
            using (Process kill = Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]))
                kill.WaitForExit();
            CommandResult stopped = CommandLine.Finish(process);
            Assert.That(stopped.ExitCode, Is.EqualTo(signal == "INT" ? 130 : 137), stopped.Output + stopped.Error);
        }
        CommandResult resumed = cxr.Run(Arguments(study));
        Assert.That(resumed.ExitCode, Is.Zero, resumed.Error);
        foreach (string file in Checkpoints(Whole))
            Assert.That(
                Digest.OfFile(Path.Combine(study, Path.GetRelativePath(Whole, file))), Is.EqualTo(Digest.OfFile(file)),
                file);
        string predictions = Path.Combine(RowDirectories[1], "results.csv");
        Assert.That(
            File.ReadAllText(Path.Combine(study, predictions)),
            Is.EqualTo(File.ReadAllText(Path.Combine(Whole, predictions))));
        Assert.That(Tables(resumed), Is.EqualTo(Tables(whole)));
    }

    [Test]
    public void Phantoms_are_drawn_where_no_images_are_given_and_go_on_where_they_were_left()
    {
        string study = cxr.PathOf("phantoms");
        var options = new StudyOptions
        {
            Out = study,
            Rows = StudyRows.Parse("2"),
            Size = 32,
            Epochs = 1,
            Limit = 8,
            Batch = 4,
        };
        using ComputeDevice device = SmallRun.Open(2);
        using var stop = new CancellationTokenSource();
        var stopping = new Watcher { StopAtPhantom = 40, Stop = stop };
        Assert.That(
            () => Reproduction(device, options).Run(stopping, stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(File.Exists(Path.Combine(study, RowDirectories[0], "row.json")), Is.False);

        var watcher = new Watcher();
        var report = Reproduction(device, options).Run(watcher, CancellationToken.None);
        Assert.That(watcher.Phantoms[0], Is.GreaterThanOrEqualTo(40), "what was drawn stays");
        Assert.That(watcher.Phantoms[^1], Is.EqualTo(PhantomStudy.Images(StudyPart.Part1, 1).Counts.Total));
        DataDescription data = report.Rows.Single().Result!.Configuration.Data;
        Assert.That((data.Kind, data.Train, data.Validation), Is.EqualTo(("phantoms", 8, 8)));
        Assert.That(
            watcher.Left, Has.Some.Not.Null.And.All.Matches<TimeSpan?>(left => left is null || left >= TimeSpan.Zero));
    }

    [TestCase("1", "--seed 1, not of --seed 2; give that seed, or choose another --out.", 2)]
    [TestCase("\"one\"", "phantoms.json' describes other phantoms", 1)]
    public void Phantoms_of_another_seed_are_refused_as_what_they_are(string seed, string expected, int exitCode)
    {
        string study = cxr.PathOf("seed " + seed.Trim('"'));
        string phantoms = Directory.CreateDirectory(Path.Combine(study, "phantoms", "part1")).FullName;
        string manifest = Encoding.UTF8.GetString(PhantomManifest.Bytes(PhantomStudy.Images(StudyPart.Part1, 1)));
        File.WriteAllText(
            Path.Combine(phantoms, PhantomManifest.FileName),
            manifest.Replace("\"seed\": 1", $"\"seed\": {seed}", StringComparison.Ordinal));
        cxr.Run("reproduce", "--device", "cpu", "--rows", "5", "--seed", "2", "--out", study).AssertRefused(
            exitCode, expected);
        Assert.That(Directory.EnumerateFileSystemEntries(phantoms), Has.Exactly(1).Items, "nothing is drawn");
    }

    [Test]
    public void Every_option_is_followed()
    {
        const string Given =
            "--part1 a --part2 b --rows 3,p2:1 --weights random --epochs 3 --size 64 --batch 8 --lr 0.02 --limit 9 --seed 5 --out c";
        StudyOptions options = ReproduceCommand.Options(ReproduceCommand.Create().Parse(Given.Split(' ')));
        Assert.That(options.Rows, Is.EqualTo(StudyRows.Parse("3,p2:1")));
        Assert.That(options, Is.EqualTo(new StudyOptions
        {
            Part1 = "a",
            Part2 = "b",
            Rows = options.Rows,
            Weights = "random",
            Epochs = 3,
            Size = 64,
            Batch = 8,
            LearningRate = 0.02f,
            Limit = 9,
            Seed = 5,
            Out = "c",
        }));
        TrainingOptions training = options.Training(options.Rows[1]);
        Assert.That(
            (training.Epochs, training.Size, training.Batch, training.Optimizer.LearningRate, training.Seed),
            Is.EqualTo((3, 64, 8, 0.02f, 5)));
    }

    [TestCase("", "all")]
    [TestCase("--part1 a", "1-8")]
    [TestCase("--part2 b", "p2:1-4")]
    [TestCase("--part1 a --part2 b", "all")]
    public void With_the_images_of_one_part_its_rows_are_trained(string given, string rows) =>
        Assert.That(
            ReproduceCommand.Options(
                ReproduceCommand.Create().Parse(given.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Rows,
            Is.EqualTo(StudyRows.Parse(rows)));

    [Test]
    public void Strict_refuses_an_unreadable_image()
    {
        using DataFolder damaged = DataFolder.Complete(2);
        string image = damaged.Write("train/normal/0.png", [1, 2, 3]);
        cxr.Run(
            [.. Arguments(cxr.PathOf("strict"), "--part1", damaged.Root, "--rows", "2"), "--strict"]).AssertRefused(1,
            $"'{image}' cannot be read");
    }

    [TestCase("--rows 9", 2, "--rows has '9'")]
    [TestCase("--rows", 2, "--rows")]
    [TestCase("--limit 1", 2, "--limit 1")]
    [TestCase("--epochs 0", 2, "--epochs 0")]
    [TestCase("--size 16", 2, "--size 16")]
    [TestCase("--lr -1", 2, "--lr -1")]
    [TestCase("--weights nowhere", 1, "nowhere")]
    [TestCase("--weights imagenet", 1, "cxr weights fetch resnet18|cxr weights fetch vgg16")]
    [TestCase("--part1 nowhere", 1, "'nowhere' does not exist; check the path given as --part1")]
    [TestCase("--part2 nowhere", 1, "--part2")]
    public void Wrong_options(string options, int exitCode, string expected) =>
        cxr.Run(
            [
                "reproduce", "--device", "cpu", "--out", cxr.PathOf("wrong"),
                .. options.Split(' ')]).AssertRefused(exitCode,
            expected);

    [TestCase("NORMAL", "PNEUMONIA")]
    [TestCase("abnormal", "normal")]
    public void Part_1_needs_the_classes_that_its_tables_name(string first, string second)
    {
        using DataFolder others = new();
        foreach (string split in new[] { "train", "validation" })
        {
            others.WriteImage($"{split}/{first}/a.png");
            others.WriteImage($"{split}/{second}/b.png");
        }
        cxr.Run("reproduce", "--device", "cpu", "--part1", others.Root, "--out", cxr.PathOf("wrong")).AssertRefused(
            1, $"has the classes {first}, {second}; Part 1 needs the two classes infected and normal");
    }

    [Test]
    public void Phantoms_start_from_random_weights_whatever_the_other_part_starts_from()
    {
        var options = new StudyOptions { Out = "nowhere", Rows = StudyRows.Parse("2,p2:2"), Part1 = part1.Root };
        Assert.That(new StudyWeights(options).Of(options.Rows[1]), Is.SameAs(InitialWeights.Random));
        string file = cxr.PathOf("resnet18-any.safetensors");
        SafetensorsFile.Write(file, [new("any", [1], new[] { 1f })]);
        var named = new StudyWeights(options with { Weights = file });
        Assert.That(options.Rows.Select(row => named.Of(row).Path), Is.All.EqualTo(file));
        Assert.That(
            () => new StudyWeights(options with { Weights = file, Rows = StudyRows.Parse("2,1") }),
            Throws.TypeOf<UsageException>().With.Message.Contains("is a file, and so of one network"));
    }

    [TestCase("--part1")]
    [TestCase("--part2")]
    public void A_file_of_images_is_told_from_nothing(string option)
    {
        string file = cxr.PathOf("images.csv");
        File.WriteAllText(file, "path,labels,split\n");
        cxr.Run("reproduce", "--device", "cpu", option, file, "--out", cxr.PathOf("wrong")).AssertRefused(
            1, $"'{file}' is a file; reproduce takes directories: give that of the images as {option}, or a CSV file to 'cxr train --data'.");
    }

    [Test]
    public void Part_2s_images_are_no_part_1() =>
        cxr.Run(
            "reproduce", "--device", "cpu", "--part1", Path.Combine(part2.Root, "A_05_Part_02_Dataset"), "--out",
            cxr.PathOf("wrong")).AssertRefused(1, "give it as --part2");

    [Test]
    public void Part_1s_images_are_no_part_2() =>
        cxr.Run("reproduce", "--device", "cpu", "--part2", part1.Root, "--out", cxr.PathOf("wrong")).AssertRefused(
            1, "give it as --part1");

    /// <summary>As <see cref="Arguments"/> say.</summary>
    private StudyOptions Options(string study) => new()
    {
        Out = study,
        Part1 = part1.Root,
        Part2 = part2.Root,
        Rows = StudyRows.Parse("2,p2:2"),
        Weights = InitialWeights.RandomName,
        Size = 32,
        Epochs = 2,
        Batch = 4,
        LearningRate = 0.01f,
    };

    private StudyReproduction Reproduction(ComputeDevice device, StudyOptions options) => new(
        device, options, new StudyWeights(options),
        new DecodedImageCache(new VipsImageDecoder(), cxr.PathOf("cache")), 2);

    private string[] Arguments(string study, params string[] more)
    {
        string[] defaults =
        [
            "--part1", part1.Root, "--part2", part2.Root, "--rows", "2,p2:2", "--size", "32", "--epochs", "2",
            "--batch", "4", "--lr", "0.01", "--device", "cpu",
            "--threads", "2",
        ];
        // An option that is given twice counts as wrong.
        IEnumerable<string> kept = defaults.Chunk(2)
            .Where(option => !more.Contains(option[0]))
            .SelectMany(option => option);
        return ["reproduce", .. kept, "--out", study, .. more];
    }

    private static IEnumerable<string> Checkpoints(string study) =>
        RowDirectories.SelectMany(row => Directory.EnumerateFiles(Path.Combine(study, row), "*.safetensors"));

    private static string Tables(CommandResult result) =>
        string.Join('\n', result.Output.Split('\n').Where(line => line.StartsWith('│')));

    private sealed class Watcher : IReproductionObserver
    {
        public int StopAtPhantom { get; init; } = int.MaxValue;

        public CancellationTokenSource? Stop { get; init; }

        public Action<RowPlan>? WhenComplete { get; init; }

        public Action<RowPlan>? WhenWorking { get; init; }

        public List<int> Phantoms { get; } = [];

        public List<string> Failures { get; } = [];

        public List<TimeSpan?> Left { get; } = [];

        public void OnPhantoms(StudyPart part, int done, int total)
        {
            Phantoms.Add(done);
            if (done >= StopAtPhantom)
                Stop!.Cancel();
        }

        public void OnRow(RowPlan row)
        {
        }

        public void OnProgress(RowPlan row, in TrainingProgress progress, TimeSpan? left)
        {
            Left.Add(left);
            WhenWorking?.Invoke(row);
        }

        public void OnEpoch(RowPlan row, EpochResult result, bool isBest, TimeSpan? left)
        {
        }

        public void OnResult(RowPlan row, RowResult result, bool wasComplete) => WhenComplete?.Invoke(row);

        public void OnFailure(RowPlan row, string reason, Exception exception) => Failures.Add(reason);
    }
}
