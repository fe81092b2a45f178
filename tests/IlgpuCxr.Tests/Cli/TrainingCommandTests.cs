using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using IlgpuCxr.Cli.Commands;
using IlgpuCxr.Data;
using IlgpuCxr.Explain;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Tests.Training;
using IlgpuCxr.Training;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.Cli;

public sealed class TrainingCommandTests
{
    private CommandLine cxr;
    private DataFolder data;
    private CommandResult trained;

    private string Run => cxr.PathOf("run");

    [OneTimeSetUp]
    public void Train()
    {
        cxr = new CommandLine();
        data = DataFolder.Complete(4);
        trained = cxr.Run(Arguments(Run, "--epochs", "2"));
    }

    [OneTimeTearDown]
    public void RemoveIt()
    {
        data.Dispose();
        cxr.Dispose();
    }

    [Test]
    public void A_run_prints_each_epoch_and_leaves_its_files()
    {
        Assert.That(trained.ExitCode, Is.Zero, trained.Error);
        Assert.That(trained.Error, Is.Empty);
        string[] lines = trained.Output.Split('\n');
        int header = Array.FindIndex(lines, line => line.StartsWith("epoch", StringComparison.Ordinal));
        Assert.That(lines[(header + 1)..(header + 3)].Select(line => line.TrimStart()[0]), Is.EqualTo("01"));
        Assert.That(
            Directory.EnumerateFiles(Run).Select(Path.GetFileName),
            Is.EquivalentTo(new[]
            {
                "best.safetensors", "last.safetensors", "config.json", "log.csv", "loss.png", "accuracy.png",
                "confusion.png", "report.md", "report.html", ".lock",
            }));
        string test = lines.Single(line => line.StartsWith("test: accuracy", StringComparison.Ordinal));
        Assert.That(
            File.ReadAllText(Path.Combine(Run, "report.md")),
            Does.Contain(test).And.Contain("(loss.png)").And.Contain("hidden 130, dropout 0").And.Contain(
                "2 epochs, random weights"));
        Assert.That(
            File.ReadAllText(Path.Combine(Run, "report.html")),
            Does.Contain(test).And.Contain("ResNet18, entire network").And.Not.Contain("paper"));
    }

    [Test]
    public void A_run_tells_the_algorithms_that_were_forced()
    {
        string run = cxr.PathOf("forced");
        CommandResult forced = cxr.Run(Arguments(run, "--epochs", "1", "--algorithms", "relu=naive"));
        Assert.That(forced.ExitCode, Is.Zero, forced.Error);
        const string Told = " in fp32 with the algorithms relu=naive";
        Assert.That(forced.Output, Does.Contain(Told));
        Assert.That(File.ReadAllText(Path.Combine(run, "report.md")), Does.Contain(Told + ".\n"));
        Assert.That(
            File.ReadAllText(Path.Combine(Run, "config.json")),
            Does.Contain("\"precision\": \"fp32\"").And.Not.Contain("\"algorithms\""), "where none is forced");
    }

    [Test]
    public void A_run_without_its_best_epoch_is_not_resumed_where_the_last_is_another()
    {
        string run = cxr.PathOf("without best");
        Directory.CreateDirectory(run);
        File.Copy(Path.Combine(Run, "last.safetensors"), Path.Combine(run, "last.safetensors"));
        cxr.Run(Arguments(run, "--epochs", "3", "--resume")).AssertRefused(
            1, $"the best epoch of the run; bring it back, or begin anew: move '{run}' away, or choose another --out.");
    }

    [Test]
    public void A_run_whose_log_is_gone_tells_that_times_are()
    {
        string run = cxr.PathOf("without log");
        Directory.CreateDirectory(run);
        foreach (string name in new[] { "best.safetensors", "last.safetensors" })
            File.Copy(Path.Combine(Run, name), Path.Combine(run, name));
        CommandResult resumed = cxr.Run(Arguments(run, "--epochs", "2", "--resume"));
        Assert.That(resumed.ExitCode, Is.Zero, resumed.Error);
        Assert.That(
            resumed.ErrorLines,
            Is.EqualTo(new[] { $"'{run}' has no log.csv any more that tells the times of 2 epochs; they count as 0 s." }));
    }

    [Test]
    public void A_report_tells_the_epochs_that_a_run_has()
    {
        CommandResult resumed = cxr.Run(Arguments(Run, "--epochs", "1", "--resume"));
        Assert.That(resumed.ExitCode, Is.Zero, resumed.Error);
        Assert.That(File.ReadAllText(Path.Combine(Run, "report.md")), Does.Contain("2 epochs, random weights"));
    }

    [Test]
    public void Names_of_classes_are_no_markup_in_a_report()
    {
        using var classes = new DataFolder();
        foreach (string place in from split in new[] { "train", "validation" } from name in new[] { "a", "no_b&c" } select $"{split}/{name}")
            classes.WriteImage($"{place}/0.png");
        CommandResult told = cxr.Run(Arguments(cxr.PathOf("markup"), "--epochs", "1", "--data", classes.Root));
        Assert.That(told.ExitCode, Is.Zero, told.Error);
        Assert.That(told.Output, Does.Contain("F1 of no_b&c "));
        Assert.That(
            File.ReadAllText(Path.Combine(cxr.PathOf("markup"), "report.md")),
            Does.Contain(@"F1 of no\_b\&c ").And.Contain(@"| no\_b\&c |"));
    }

    [Test]
    public void Evaluating_prints_what_training_printed()
    {
        CheckpointInfo best = Checkpoint.ReadInfo(Path.Combine(Run, "best"));
        CheckpointInfo last = Checkpoint.ReadInfo(Path.Combine(Run, "last"));
        Assert.That(
            best.History[^1].Epoch, Is.LessThan(last.History[^1].Epoch),
            "The best epoch is not the last, or nothing would show that it is the one evaluated.");
        CommandResult evaluated = cxr.Run(
            "evaluate", "--checkpoint", Path.Combine(Run, "best"), "--data", data.Root, "--device", "cpu", "--quiet");
        Assert.That(evaluated.ExitCode, Is.Zero, evaluated.Error);
        Assert.That(evaluated.Output, Does.Contain("test: accuracy"));
        Assert.That(trained.Output, Does.EndWith(evaluated.Output));
    }

    [Test]
    public void Several_networks_and_batches_are_measured_one_by_one()
    {
        CommandResult bench = cxr.Run(
            "bench", "--net", "resnet18,vgg16", "--batch", "2,4", "--size", "32", "--steps", "1", "--device", "cpu",
            "--json");
        Assert.That(bench.ExitCode, Is.Zero, bench.Error);
        JsonElement[] results =
        [
            .. bench.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(
                line => JsonDocument.Parse(line).RootElement),
        ];
        Assert.That(
            results.Select(
                result => (result.GetProperty("network").GetString(), result.GetProperty("batch").GetInt32())),
            Is.EqualTo(new[] { ("resnet18", 2), ("resnet18", 4), ("vgg16", 2), ("vgg16", 4) }));
        Assert.That(
            results[1].GetProperty("arenaBytes").GetInt64(),
            Is.GreaterThan(results[0].GetProperty("arenaBytes").GetInt64()));
        foreach (JsonElement result in results[..2])
        {
            // Parameters, gradients and momentum of ResNet18 beside the arena, and little more: nothing of a benchmark
            // before.
            long others = result.GetProperty("deviceBytes").GetInt64() - result.GetProperty("arenaBytes").GetInt64();
            Assert.That(others, Is.InRange(3L * sizeof(float) * 11_243_000, 3L * sizeof(float) * 11_500_000));
        }
        foreach (JsonElement result in results)
        {
            IEnumerable<string> convolutions = result.GetProperty("operators").EnumerateArray()
                .Where(timing => timing.GetProperty("operator").GetString() == "convolution forward")
                .Select(timing => timing.GetProperty("shape").GetString()!);
            Assert.That(
                convolutions, Is.Not.Empty.And.All.StartsWith($"n{result.GetProperty("batch").GetInt32()} "),
                "nothing of the one before");
        }
    }

    [Test]
    public void A_checkpoint_that_notes_no_epochs_is_evaluated_too()
    {
        string saved = cxr.PathOf("saved.safetensors");
        using (WeightFile best = SafetensorsFile.Read(Path.Combine(Run, "best.safetensors")))
        {
            CheckpointInfo read = CheckpointInfo.FromJson(best.Metadata[CheckpointInfo.MetadataKey]);
            CheckpointInfo info = read with { History = [] };
            SafetensorsFile.Write(
                saved, [.. best], new Dictionary<string, string> { [CheckpointInfo.MetadataKey] = info.ToJson() });
        }
        CommandResult evaluated = cxr.Run("evaluate", "--checkpoint", saved, "--data", data.Root, "--device", "cpu");
        Assert.That(evaluated.ExitCode, Is.Zero, evaluated.Error);
        Assert.That(
            evaluated.Output,
            Does.StartWith("CPU, ").And.Contain("no epoch was noted").And.Contain("test: accuracy"));
    }

    [Test]
    public void Explaining_draws_over_an_image_where_a_class_is_found()
    {
        string image = Directory.EnumerateFiles(data.Root, "*.png", SearchOption.AllDirectories).First();
        string picture = cxr.PathOf("explained.png"), sure = cxr.PathOf("sure.safetensors");
        ChangedCheckpoint.Write(sure, Path.Combine(Run, "best"), "fc.2.bias", 0, 100);
        string[] arguments = ["explain", image, "--checkpoint", sure, "--device", "cpu"];
        CommandResult explained = cxr.Run([.. arguments, "--class", "infected", "--out", picture]);
        Assert.That(explained.ExitCode, Is.Zero, explained.Error);
        Assert.That(
            explained.Output, Does.StartWith("CPU, ").And.Contain("normal 1.0000").And.Contain("speaks for infected"),
            "not the most likely class");
        Assert.That(cxr.Run(arguments).Output, Does.Contain("speaks for normal"), "the most likely class");
        Assert.That(cxr.PathOf(Path.GetFileNameWithoutExtension(image) + "-gradcam.png"), Does.Exist);
        var decoder = new VipsImageDecoder();
        (ImageSize given, ImageSize drawn) = (decoder.Decode(image).Size, decoder.Decode(picture).Size);
        Assert.That(drawn, Is.EqualTo(given with { Channels = 3 }));
        cxr.Run(
            "explain", image, "--checkpoint", Path.Combine(Run, "best"), "--class", "nobody", "--device",
            "cpu").AssertRefused(2, "--class");
        cxr.Run(
            "explain", cxr.PathOf("absent.png"), "--checkpoint", Path.Combine(Run, "best"), "--device",
            "cpu").AssertRefused(1, "absent.png");
    }

    [TestCase(7, 7, ExpectedResult = "what speaks for normal, red most.")]
    [TestCase(
        1, 1,
        ExpectedResult = "the map has 1x1 cells and tells no place of what speaks for normal; train with a larger --size.")]
    [TestCase(
        2, 1,
        ExpectedResult = "the map has 2x1 cells and tells no place of what speaks for normal; train with a larger --size.")]
    public string A_map_of_a_single_cell_is_said_to_tell_no_place(int height, int width) =>
        ExplainCommand.Told(new HeatMap(height, width, [.. Enumerable.Repeat(1.0, height * width)]), "normal");

    [Test]
    public void A_picture_goes_where_it_can_and_not_over_the_image()
    {
        string image = cxr.PathOf("xray.png"), best = Path.Combine(Run, "best");
        File.Copy(data.PathOf("test", "normal", "0.png"), image);
        byte[] before = File.ReadAllBytes(image);
        CommandResult Explain(string name) => cxr.Run(
            "explain", image, "--checkpoint", best, "--device", "cpu", "--out", name);
        Explain(image).AssertRefused(2, "--out '" + image + "' would overwrite the input");
        Explain(cxr.PathOf("y.jpg")).AssertRefused(2, "let it end in .png");
        Directory.CreateDirectory(cxr.PathOf("directory.png"));
        Explain(cxr.PathOf("directory.png")).AssertRefused(1, "cannot be written (it is a directory)");
        Assert.That(Explain(cxr.PathOf(Path.Combine("new", "below", "x.png"))).ExitCode, Is.Zero);
        Assert.That(File.Exists(cxr.PathOf(Path.Combine("new", "below", "x.png"))));

        CommandResult Predict(string csv) => cxr.Run(
            "predict", image, "--checkpoint", best, "--device", "cpu", "--quiet", "--csv", csv);
        Predict(image).AssertRefused(2, "--csv '" + image + "' would overwrite the input");
        Predict(best + ".safetensors").AssertRefused(2, "would overwrite the input");
        Predict(cxr.PathOf("directory.png")).AssertRefused(1, "cannot be written (it is a directory)");
        Predict(Path.Combine(image, "below.csv")).AssertRefused(1, "below.csv' cannot be written");
        // Before any work: the checkpoint has not even been looked for.
        cxr.Run(
            "predict", image, "--checkpoint", "absent", "--csv", cxr.PathOf("directory.png")).AssertRefused(1,
            "cannot be written (it is a directory)");
        Assert.That(Predict(cxr.PathOf(Path.Combine("tables", "x.csv"))).ExitCode, Is.Zero);
        if (OperatingSystem.IsLinux())
        {
            Directory.CreateSymbolicLink(cxr.PathOf("linked"), Path.GetDirectoryName(image)!);
            Explain(Path.Combine(cxr.PathOf("linked"), "xray.png")).AssertRefused(2, "would overwrite the input");
        }
        Assert.That(File.ReadAllBytes(image), Is.EqualTo(before));
    }

    [TestCase("-")]
    [TestCase("/dev/stdout", IncludePlatform = "Linux")]
    [TestCase("/dev/fd/1", IncludePlatform = "Linux")]
    public void A_table_for_a_program_is_all_that_standard_output_has(string place)
    {
        string[] arguments =
        [
            "predict", data.PathOf("test", "normal", "0.png"), "--checkpoint", Path.Combine(Run, "best"), "--device",
            "cpu", "--csv", place,
        ];
        CommandResult predicted = cxr.Run(arguments);
        Assert.That(predicted.ExitCode, Is.Zero, predicted.Error);
        Assert.That(predicted.Output.TrimEnd(), Does.Match("^0.png,[01],[01]$"));
        Assert.That(File.Exists(cxr.PathOf("-")), Is.False);
        Assert.That(cxr.Run([.. arguments, "--quiet"]).Output, Is.EqualTo(predicted.Output));
        cxr.Run([.. arguments, "--json"]).AssertRefused(2, $"--csv '{place}' would mix with what --json prints");
    }

    [Test]
    public void An_image_is_said_to_be_of_its_most_likely_class()
    {
        string sure = cxr.PathOf("normal.safetensors"), csv = cxr.PathOf("classes.csv");
        ChangedCheckpoint.Write(sure, Path.Combine(Run, "best"), "fc.2.bias", 0, 100);
        CommandResult predicted = cxr.Run(
            "predict", data.PathOf("test", "infected", "0.png"), "--checkpoint", sure, "--device", "cpu", "--csv", csv,
            "--json");
        Assert.That(predicted.ExitCode, Is.Zero, predicted.Error);
        using var json = JsonDocument.Parse(predicted.Output);
        Assert.That(
            json.RootElement[0].GetProperty("predicted").EnumerateArray().Select(name => name.GetString()),
            Is.EqualTo(new[] { "normal" }));
        Assert.That(File.ReadAllText(csv), Is.EqualTo("0.png,0,1\n"));
    }

    [Test]
    public void Values_that_are_no_numbers_are_told()
    {
        string images = cxr.PathOf("images.safetensors"), best = Path.Combine(Run, "best");
        string diverged = cxr.PathOf("diverged.safetensors");
        var values = new float[3 * 3 * 32 * 32];
        values[2 * 3 * 32 * 32] = float.NaN;
        SafetensorsFile.Write(images, [new("input", [3, 3, 32, 32], values)]);
        cxr.Run(
            "predict", images, "--checkpoint", best, "--device", "cpu", "--json").AssertRefused(1,
            "Image 2 of " + images);

        ChangedCheckpoint.Write(diverged, best, "fc.2.bias", float.NaN, 0);
        string image = data.PathOf("test", "normal", "0.png");
        foreach (string[] command in new string[][] { ["predict", image, "--json"], ["explain", image], ["evaluate", "--data", data.Root] })
            cxr.Run([.. command, "--checkpoint", diverged, "--device", "cpu"]).AssertRefused(
                1, $"The network of the checkpoint {diverged} gives values that are no finite numbers");
    }

    [Test]
    public void Images_of_whole_numbers_are_not_taken_for_normalised_ones()
    {
        string images = cxr.PathOf("levels.safetensors");
        SafetensorsFile.Write(images, [new("input", TensorDataType.UInt8, [1, 3, 32, 32], new byte[3 * 32 * 32])]);
        cxr.Run("predict", images, "--checkpoint", Path.Combine(Run, "best"), "--device", "cpu")
            .AssertRefused(1, $"The tensor 'input' of {images} holds UInt8 elements; write normalised images");
    }

    [Test]
    public void Evaluating_as_json_tells_the_same_numbers()
    {
        CommandResult evaluated = cxr.Run(
            "evaluate", "--checkpoint", Path.Combine(Run, "best"), "--data", data.Root, "--device", "cpu", "--json");
        using var json = JsonDocument.Parse(evaluated.Output);
        JsonElement test = json.RootElement.GetProperty("splits").GetProperty("test");
        string accuracy = test.GetProperty("accuracy").GetDouble().ToString("F2", CultureInfo.InvariantCulture);
        Assert.That(trained.Output, Does.Contain($"test: accuracy {accuracy} %"));
        Assert.That(test.GetProperty("f1Name").GetString(), Is.EqualTo("F1 of normal"));
        JsonElement[] rows = [.. test.GetProperty("confusion").EnumerateArray()];
        Assert.That(rows.SelectMany(row => row.EnumerateArray()).Sum(count => count.GetInt32()), Is.EqualTo(8));
        int start = trained.Output.IndexOf("test: rows actual, columns predicted", StringComparison.Ordinal);
        string table = trained.Output[start..];
        foreach ((string actual, JsonElement counts) in new[] { "infected", "normal" }.Zip(rows))
            Assert.That(table, Does.Match($"│ {actual} +│ +{counts[0]} │ +{counts[1]} │"));
    }

    [Test]
    public void Training_as_json_tells_its_epochs_and_how_the_best_does()
    {
        string run = cxr.PathOf("json");
        CommandResult told = cxr.Run(Arguments(run, "--epochs", "2", "--json"));
        Assert.That(told.ExitCode, Is.Zero, told.Error);
        using var json = JsonDocument.Parse(told.Output);
        CheckpointInfo last = Checkpoint.ReadInfo(Path.Combine(run, "last"));
        Assert.That(
            json.RootElement.GetProperty("history")
                .EnumerateArray()
                .Select(epoch => epoch.GetProperty("validationLoss").GetDouble()),
            Is.EqualTo(last.History.Select(epoch => epoch.ValidationLoss)));
        JsonElement best = json.RootElement.GetProperty("best");
        EpochResult highest = last.History.MaxBy(epoch => epoch.ValidationAccuracy)!;
        Assert.That(best.GetProperty("epoch").GetInt32(), Is.EqualTo(highest.Epoch));
        Assert.That(
            best.GetProperty("splits").GetProperty("validation").GetProperty("accuracy").GetDouble(),
            Is.EqualTo(highest.ValidationAccuracy));
    }

    [Test]
    public void Of_three_classes_F1_is_their_average()
    {
        using var classes = new DataFolder();
        foreach (string place in from split in new[] { "train", "validation" } from name in new[] { "a", "b", "c" } select $"{split}/{name}")
            classes.WriteImage($"{place}/0.png");
        CommandResult told = cxr.Run(Arguments(cxr.PathOf("three"), "--epochs", "1", "--data", classes.Root));
        Assert.That(told.ExitCode, Is.Zero, told.Error);
        Assert.That(
            told.Output,
            Does.Contain("image files of a, b, c; F1 is macro F1").And.Match("validation: accuracy .* %, macro F1 "));
        Assert.That(File.Exists(Path.Combine(cxr.PathOf("three"), "confusion.png")));
    }

    [Test]
    public void Bench_prints_the_speed_only_where_it_is_quiet()
    {
        CommandResult bench = cxr.Run(
            "bench", "--size", "32", "--batch", "2", "--steps", "1", "--device", "cpu", "--quiet");
        Assert.That(bench.ExitCode, Is.Zero, bench.Error);
        Assert.That(
            bench.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            Has.Length.EqualTo(3).And.One.Contains("images/s"));
    }

    [Test]
    public void Bench_measures_the_forward_pass_alone_where_it_is_told_to()
    {
        CommandResult bench = cxr.Run(
            "bench", "--mode", "infer", "--size", "40", "--batch", "2", "--steps", "3", "--device", "cpu", "--json");
        Assert.That(bench.ExitCode, Is.Zero, bench.Error);
        using var json = JsonDocument.Parse(bench.Output);
        JsonElement result = json.RootElement;
        Assert.That(
            result.GetProperty("operators").EnumerateArray().Select(
                timing => timing.GetProperty("operator").GetString()),
            Has.Some.Contains("forward").And.None.Contains("backward"));
        Assert.That(
            (result.GetProperty("mode").GetString(), result.GetProperty("size").GetInt32()),
            Is.EqualTo(("infer", 40)));
        Assert.That(
            new[] { "fastest", "medianSeconds", "slowest" }.Select(name => result.GetProperty(name).GetDouble()),
            Is.Ordered);
        Assert.That(
            result.GetProperty("imagesPerSecond").GetDouble() * result.GetProperty("medianSeconds").GetDouble(),
            Is.EqualTo(2).Within(1e-9));
    }

    [Test]
    public void A_summary_is_of_the_batch_the_size_and_the_frozen_parts_that_are_given()
    {
        using var json = JsonDocument.Parse(cxr.Run(
            "summary", "resnet18", "--size", "64", "--batch", "3", "--freeze", "backbone", "--json").Output);
        JsonElement[] layers = [.. json.RootElement.EnumerateArray()];
        JsonElement first = layers[0].GetProperty("output");
        Assert.That(
            (first.GetProperty("n").GetInt32(), first.GetProperty("h").GetInt32(), first.GetProperty("w").GetInt32()),
            Is.EqualTo((3, 32, 32)));
        Assert.That(
            (layers.Sum(layer => layer.GetProperty("parameters").GetInt64()),
                layers.Sum(layer => layer.GetProperty("trainable").GetInt64())),
            Is.EqualTo((11_243_464L, 66_952L)), "as in row 2 of the study");
    }

    [Test]
    public void Quiet_prints_the_result_only()
    {
        CommandResult quiet = cxr.Run(Arguments(cxr.PathOf("quiet"), "--epochs", "2", "--quiet"));
        Assert.That(quiet.ExitCode, Is.Zero, quiet.Error);
        Assert.That(quiet.Output, Does.StartWith(cxr.PathOf("quiet")));
        Assert.That(
            quiet.Output.Replace(cxr.PathOf("quiet"), Run, StringComparison.Ordinal),
            Is.EqualTo(trained.Output[trained.Output.IndexOf(Run, StringComparison.Ordinal)..]));
    }

    [Test]
    public void Unreadable_images_are_skipped_and_counted_or_refused()
    {
        using DataFolder damaged = DataFolder.Complete(4);
        byte[] whole = File.ReadAllBytes(damaged.PathOf("train", "normal", "0.png"));
        damaged.Write("train/normal/0.png", whole[..(whole.Length / 2)]);
        damaged.Write("train/infected/1.png", []);
        damaged.Write("test/normal/2.png", "no image"u8.ToArray());

        string[] arguments = Arguments(cxr.PathOf("damaged"), "--epochs", "1", "--data", damaged.Root);
        CommandResult skipped = cxr.Run(arguments);
        Assert.That(skipped.ExitCode, Is.Zero, skipped.Error);
        Assert.That(skipped.ErrorLines, Has.Length.EqualTo(4));
        Assert.That(skipped.ErrorLines[0], Does.StartWith("3 unreadable images were skipped"));
        foreach (string name in new[] { Path.Combine("normal", "0.png"), Path.Combine("infected", "1.png"), Path.Combine("normal", "2.png") })
            Assert.That(skipped.Error, Does.Contain(name));

        // Written again, by a run that has nothing to train any more.
        Assert.That(cxr.Run([.. arguments, "--resume"]).ExitCode, Is.Zero);
        Assert.That(
            File.ReadAllText(Path.Combine(cxr.PathOf("damaged"), "report.md")),
            Does.Contain(
                "3 images could not be read and were left out: test/normal/2.png, train/infected/1.png, train/normal/0.png."));

        CommandResult refused = cxr.Run(
            Arguments(cxr.PathOf("strict"), "--epochs", "1", "--strict", "--data", damaged.Root));
        Assert.That(refused.ExitCode, Is.EqualTo(1));
        Assert.That(refused.ErrorLines, Has.Length.EqualTo(1), refused.Error);
        Assert.That(refused.Error, Does.Contain(".png").And.Contain("replace or remove it"));
    }

    [Test]
    public void Evaluate_and_predict_tell_which_images_they_leave_out()
    {
        using DataFolder damaged = DataFolder.Complete(2);
        string image = damaged.Write("test/normal/1.png", "no image"u8.ToArray());
        string[] options = ["--checkpoint", Path.Combine(Run, "best"), "--device", "cpu"];
        foreach (string[] command in new string[][]
        {
            ["evaluate", "--data", damaged.Root], ["predict", damaged.PathOf("test", "normal")],
        })
        {
            CommandResult skipped = cxr.Run([.. command, .. options]);
            Assert.That(skipped.ExitCode, Is.Zero, skipped.Error);
            Assert.That(skipped.ErrorLines, Has.Length.EqualTo(2), command[0]);
            Assert.That(skipped.Error, Does.StartWith("1 unreadable image was skipped").And.Contain(image));
            cxr.Run([.. command, .. options, "--strict"]).AssertRefused(1, $"'{image}' cannot be read");
        }
    }

    [Test]
    public void A_class_of_which_no_training_image_can_be_read_is_refused_by_name()
    {
        using DataFolder damaged = DataFolder.Complete(4);
        for (int i = 0; i < 4; i++)
            damaged.Write($"train/normal/{i}.png", []);
        string run = cxr.PathOf("one class");
        CommandResult refused = cxr.Run(Arguments(run, "--epochs", "1", "--data", damaged.Root));
        Assert.That(refused.ExitCode, Is.EqualTo(1), refused.Output);
        Assert.That(
            refused.ErrorLines[^1],
            Is.EqualTo(
                $"None of the 4 training images of the class 'normal' can be read, for example '{damaged.PathOf("train", "normal", "0.png")}'; replace them, or remove the class."));
        Assert.That(File.Exists(Path.Combine(run, "last.safetensors")), Is.False);
    }

    [Test]
    public void Unreadable_images_are_told_also_by_a_run_that_fails_but_not_all_of_many()
    {
        using DataFolder damaged = DataFolder.Complete(1);
        damaged.Write("train/infected/0.png", []);
        for (int i = 0; i < 22; i++)
            damaged.Write($"train/normal/{i}.png", []);
        CommandResult failed = cxr.Run(Arguments(cxr.PathOf("failed"), "--data", damaged.Root));
        Assert.That(failed.ExitCode, Is.EqualTo(1), failed.Output);
        Assert.That(failed.ErrorLines, Has.Length.EqualTo(1 + 20 + 2), failed.Error);
        Assert.That(failed.ErrorLines[0], Does.StartWith("23 unreadable images were skipped"));
        Assert.That(failed.ErrorLines[21], Is.EqualTo("  and 3 more."));
        Assert.That(failed.ErrorLines[22], Does.Contain("None of the 23 images can be read"));
    }

    [Test]
    public void A_checkpoint_of_other_classes_is_refused()
    {
        using var others = new DataFolder();
        foreach (string place in new[] { "train/cat", "train/dog", "validation/cat", "validation/dog" })
            others.WriteImage($"{place}/a.png");
        CommandResult result = cxr.Run(
            "evaluate", "--checkpoint", Path.Combine(Run, "best"), "--data", others.Root, "--device", "cpu");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.ErrorLines, Has.Length.EqualTo(1), result.Error);
        Assert.That(result.Error, Does.Contain("infected, normal").And.Contain("cat, dog"));
    }

    [Test]
    public void A_checkpoint_is_evaluated_on_test_images_alone()
    {
        using DataFolder others = DataFolder.Complete(3);
        Directory.Delete(others.PathOf("train"), recursive: true);
        Directory.Delete(others.PathOf("validation"), recursive: true);
        Directory.Delete(others.PathOf("test", "infected"), recursive: true);
        string table = others.PathOf("data.csv");
        File.WriteAllLines(
            table, ["path,labels,split", "test/normal/0.png,normal,test", "test/normal/1.png,infected,test"]);
        foreach (string images in new[] { others.Root, table })
        {
            CommandResult evaluated = cxr.Run(
                "evaluate", "--checkpoint", Path.Combine(Run, "best"), "--data", images, "--device", "cpu");
            Assert.That(evaluated.ExitCode, Is.Zero, evaluated.Error);
            Assert.That(evaluated.Output, Does.Contain("test: accuracy").And.Not.Contain("validation: "));
            cxr.Run(Arguments(cxr.PathOf("none"), "--data", images)).AssertRefused(1, "split|train");
        }
    }

    [Test]
    public void A_truncated_checkpoint_is_refused()
    {
        string whole = Path.Combine(Run, "last.safetensors"), truncated = cxr.PathOf("truncated.safetensors");
        File.WriteAllBytes(truncated, File.ReadAllBytes(whole)[..5_000_000]);
        CommandResult result = cxr.Run("evaluate", "--checkpoint", truncated, "--data", data.Root, "--device", "cpu");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.ErrorLines, Has.Length.EqualTo(1), result.Error);
        Assert.That(result.Error, Does.Contain("truncated.safetensors"));
    }

    [TestCase("INT", 130)]
    [TestCase("KILL", 137)]
    [Platform(Exclude = "Win", Reason = "Windows has no signals.")]
    public void A_run_that_is_stopped_can_be_resumed_to_the_same_bytes(string signal, int exitCode)
    {
        string run = cxr.PathOf(signal);
        CommandResult stopped;
        using (Process process = cxr.Start(Arguments(run, "--epochs", "2")))
        {
            while (!File.Exists(Path.Combine(run, "last.safetensors")) && !process.HasExited)
                Thread.Sleep(5);
            using (Process kill = Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]))
                kill.WaitForExit();
            stopped = CommandLine.Finish(process);
        }
        Assert.That(stopped.ExitCode, Is.EqualTo(exitCode), stopped.Output + stopped.Error);
        if (signal == "INT")
            Assert.That(stopped.ErrorLines, Has.One.Contains("--resume"));

        CommandResult resumed = cxr.Run(Arguments(run, "--epochs", "2", "--resume"));
        Assert.That(resumed.ExitCode, Is.Zero, resumed.Error);
        foreach (string name in new[] { "best.safetensors", "last.safetensors" })
            Assert.That(
                Digest.OfFile(Path.Combine(run, name)), Is.EqualTo(Digest.OfFile(Path.Combine(Run, name))), name);
    }

    [TestCase("summary resnet18 --json")]
    [TestCase("devices --json")]
    [TestCase("gradcheck --op relu,addition --op focal --device cpu --json")]
    [TestCase("bench --size 32 --batch 2 --steps 1 --device cpu --json")]
    public void Json_is_json_and_nothing_else(string commandLine)
    {
        CommandResult result = cxr.Run(commandLine.Split(' '));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(() => JsonDocument.Parse(result.Output).Dispose(), Throws.Nothing);
    }

    [Test]
    public void Bench_on_images_tells_how_long_training_waits_for_them()
    {
        CommandResult result = cxr.Run(
            "bench", "--data", data.Root, "--size", "32", "--batch", "2", "--steps", "2", "--device", "cpu", "--json");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        JsonElement measured = json.RootElement.GetProperty("data");
        Assert.That(measured.GetProperty("images").GetInt32(), Is.EqualTo(4));
        JsonElement linear = json.RootElement.GetProperty("operators").EnumerateArray()
            .Single(timing =>
                timing.GetProperty("operator").GetString() == "linear forward"
                && timing.GetProperty("shape").GetString() == "n2 512 -> 130");
        Assert.That(
            (linear.GetProperty("calls").GetInt32(), linear.GetProperty("flops").GetDouble()),
            Is.EqualTo((1, 2.0 * 2 * 512 * 130)), "of one of the two steps");
        foreach (string pass in new[] { "first", "next" })
        {
            Assert.That(measured.GetProperty(pass).GetProperty("imagesPerSecond").GetDouble(), Is.Positive, pass);
            Assert.That(measured.GetProperty(pass).GetProperty("waitingShare").GetDouble(), Is.InRange(0, 1), pass);
        }
    }

    // An option that is given twice counts as wrong, so the data set is only added where none is given.
    private string[] Arguments(string run, params string[] more)
    {
        string[] source = more.Contains("--data") ? [] : ["--data", data.Root];
        return [
            "train", .. source, "--size", "32", "--batch", "4", "--lr", "0.001", "--device", "cpu", "--threads", "2",
            "--out", run, .. more];
    }
}
