using System.Globalization;
using System.Text.Json;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Tests.Training;

namespace IlgpuCxr.Tests.Cli;

public sealed class MultiLabelCommandTests
{
    private static readonly string[] Labels = ["covid", "pneumonia", "normal"];

    private CommandLine cxr;
    private DataFolder data;
    private CommandResult trained;

    private string Best => Path.Combine(cxr.PathOf("run"), "best");

    [OneTimeSetUp]
    public void Train()
    {
        cxr = new CommandLine();
        data = DataFolder.CompletePart2();
        trained = cxr.Run(
            "train", "--task", "multilabel", "--loss", "focal", "--optimizer", "adamw", "--lr", "0.001", "--data",
            data.Root, "--size", "32", "--batch", "4",
            "--epochs", "1", "--device", "cpu", "--out", cxr.PathOf("run"));
    }

    [OneTimeTearDown]
    public void RemoveIt()
    {
        data.Dispose();
        cxr.Dispose();
    }

    [Test]
    public void Training_prints_the_point_before_it_and_the_metrics_of_each_label()
    {
        Assert.That(trained.ExitCode, Is.Zero, trained.Error);
        Assert.That(trained.Error, Is.Empty);
        Assert.That(trained.Output, Does.Contain("focal loss alpha 0.25 gamma 2 (sum over images), AdamW lr 0.001"));
        string[] rows =
        [
            .. trained.Output.Split('\n').SkipWhile(line => !line.StartsWith("epoch", StringComparison.Ordinal))
                .Skip(1)
                .Take(2),
        ];
        Assert.That(rows.Select(row => row.TrimStart()[0]), Is.EqualTo("-0"));
        Assert.That(rows[1], Does.EndWith("best"));
        Assert.That(
            trained.Output,
            Does.Match("\nvalidation: Jaccard index over images .*, loss [0-9.]+ \\(sum over images\\)")
                .And.Contain("ROC AUC"));
        Assert.That(
            trained.Output,
            Does.Contain("best: epoch 0, validation Jaccard index over images").And.Not.Contain("accuracy"));
        using var configuration = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(cxr.PathOf("run"), "config.json")));
        JsonElement options = configuration.RootElement.GetProperty("options");
        Assert.That(
            new[]
            {
                options.GetProperty("task"),
                options.GetProperty("loss"),
                options.GetProperty("augmentation"),
                options.GetProperty("optimizer").GetProperty("kind"),
            }
                .Select(value => value.GetString()),
            Is.EqualTo(new[] { "multilabel", "focal", "part2", "adamw" }));
        Assert.That(
            options.GetProperty("optimizer").GetProperty("weightDecay").GetSingle(), Is.EqualTo(0.01f),
            "the decay of PyTorch's AdamW");
    }

    [Test]
    public void The_report_counts_images_without_labels_as_the_console_does()
    {
        Assert.That(trained.Output, Does.Contain(" 0 test image files of covid, pneumonia, normal, 4 without labels"));
        Assert.That(
            File.ReadAllText(Path.Combine(cxr.PathOf("run"), "report.md")),
            Does.Contain("9 validation, 0 test, 4 without labels"));
    }

    [Test]
    public void Images_of_several_labels_are_checked_and_measured()
    {
        string table = Path.Combine(data.Root, "data.csv");
        File.WriteAllLines(
            table,
            [
                "path,labels,split", "Train/covid-19/0.png,covid|pneumonia,train", "Train/normal/0.png,normal,train",
                "Train/normal/1.png,normal,train", "Train/normal/2.png,normal,train",
                "Validation/normal/0.png,normal,val"]);
        CommandResult check = cxr.Run("data", "check", table);
        Assert.That(check.ExitCode, Is.Zero, check.Error);
        Assert.That(check.Output, Does.Contain("pneumonia"));
        foreach (string images in new[] { table, data.Root })
        {
            CommandResult bench = cxr.Run(
                "bench", "--data", images, "--size", "32", "--batch", "2", "--steps", "1", "--device", "cpu");
            Assert.That(bench.ExitCode, Is.Zero, bench.Error);
            Assert.That(bench.Output, Does.Contain("in the first epoch"));
        }
    }

    [Test]
    public void Evaluating_as_json_tells_each_label()
    {
        CommandResult evaluated = cxr.Run(
            "evaluate", "--checkpoint", Best, "--data", data.Root, "--device", "cpu", "--json");
        using var json = JsonDocument.Parse(evaluated.Output);
        JsonElement validation = json.RootElement.GetProperty("splits").GetProperty("validation");
        Assert.That(
            validation.GetProperty("perClass").EnumerateArray().Select(label => label.GetProperty("name").GetString()),
            Is.EqualTo(Labels));
        Assert.That(
            validation.GetProperty("averages").GetProperty("jaccard").GetDouble(),
            Is.EqualTo(validation.GetProperty("accuracy").GetDouble() / 100).Within(1e-12));
        foreach ((string printedName, string name) in new[]
        {
            ("sensitivity", "sensitivity"), ("specificity", "specificity"), ("precision", "precision"), ("F1", "f1"),
            ("ROC AUC", "rocAuc"),
        })
        {
            AssertPrinted(printedName, label => Interval(label.GetProperty(name)));
        }
        foreach ((int row, string printedName) in new[] { (0, "TN, FP"), (1, "FN, TP") })
        {
            AssertPrinted(
                printedName, label => string.Join(", ", label.GetProperty("confusion")[row].EnumerateArray()));
        }

        void AssertPrinted(string name, Func<JsonElement, string> told)
        {
            string printed = trained.Output.Split('\n').Single(
                line => line.StartsWith($"│ {name} ", StringComparison.Ordinal));
            Assert.That(
                printed.Split('│')[2..^1].Select(cell => cell.Trim()),
                Is.EqualTo(validation.GetProperty("perClass").EnumerateArray().Select(told)), name);
        }

        static string Interval(JsonElement estimate) => estimate.ValueKind == JsonValueKind.Null
            ? "-"
            : string.Create(CultureInfo.InvariantCulture, $"{Part(estimate, "value"):F3} ({Ends(estimate)})");

        static string Ends(JsonElement estimate) => Part(estimate, "lower") < Part(estimate, "upper")
            ? string.Create(CultureInfo.InvariantCulture, $"{Part(estimate, "lower"):F3}-{Part(estimate, "upper"):F3}")
            : "-";

        static double Part(JsonElement estimate, string name) => estimate.GetProperty(name).GetDouble();
    }

    [Test]
    public void A_directory_is_predicted_in_the_order_of_its_numbers_into_the_studys_file()
    {
        string csv = cxr.PathOf("results.csv");
        CommandResult predicted = cxr.Run(
            "predict", data.PathOf("Test"), "--checkpoint", Best, "--device", "cpu", "--csv", csv, "--json");
        Assert.That(predicted.ExitCode, Is.Zero, predicted.Error);
        using var json = JsonDocument.Parse(predicted.Output);
        JsonElement[] images = [.. json.RootElement.EnumerateArray()];
        Assert.That(
            images.Select(image => image.GetProperty("name").GetString()),
            Is.EqualTo(new[] { "0.png", "1.png", "10.png", "11.png" }));
        IEnumerable<string> expected = images.Select(image =>
            $"{image.GetProperty("name")},{string.Join(',', Labels.Select(label => image.GetProperty("probabilities").GetProperty(label).GetDouble() > 0.5 ? 1 : 0))}");
        Assert.That(File.ReadAllLines(csv), Is.EqualTo(expected));
        Assert.That(Directory.GetFiles(cxr.PathOf(""), "*" + AtomicFile.TemporarySuffix), Is.Empty);
    }

    [Test]
    public void Probabilities_for_a_program_are_those_that_json_tells()
    {
        string[] arguments = ["predict", data.PathOf("Test"), "--checkpoint", Best, "--device", "cpu"];
        string[] lines = cxr.Run([.. arguments, "--csv", "-", "--probabilities"]).Output.Split(
            '\n', StringSplitOptions.RemoveEmptyEntries);
        using var json = JsonDocument.Parse(cxr.Run([.. arguments, "--json"]).Output);
        foreach ((string line, JsonElement image) in lines.Zip(json.RootElement.EnumerateArray()))
        {
            string[] fields = line.Split(',');
            Assert.That(fields[0], Is.EqualTo(image.GetProperty("name").GetString()));
            JsonElement probabilities = image.GetProperty("probabilities");
            Assert.That(
                fields[1..].Select(field => double.Parse(field, CultureInfo.InvariantCulture)),
                Is.EqualTo(Labels.Select(label => probabilities.GetProperty(label).GetDouble())));
        }
        Assert.That(lines, Has.Length.EqualTo(4));
        cxr.Run([.. arguments, "--probabilities"]).AssertRefused(2, "add --csv FILE");
    }

    [Test]
    public void No_image_of_a_directory_is_overwritten_by_what_is_predicted_of_them()
    {
        string image = data.PathOf("Test", "10.png"), before = Digest.OfFile(image);
        cxr.Run("predict", data.PathOf("Test"), "--checkpoint", Best, "--device", "cpu", "--csv", image)
            .AssertRefused(2, $"--csv '{image}' would overwrite the input");
        Assert.That(Digest.OfFile(image), Is.EqualTo(before));
    }

    [Test]
    public void An_image_is_predicted_in_a_table()
    {
        CommandResult predicted = cxr.Run(
            "predict", data.PathOf("Test", "10.png"), "--checkpoint", Best, "--device", "cpu");
        Assert.That(predicted.ExitCode, Is.Zero, predicted.Error);
        Assert.That(predicted.Output, Does.StartWith("CPU, ").And.Contain("covid").And.Contain("10.png"));
    }

    [Test]
    public void An_image_without_a_label_is_told_to_have_none()
    {
        string sceptical = cxr.PathOf("sceptical.safetensors");
        ChangedCheckpoint.Write(sceptical, Best, "fc.bias", -100, -100, -100);
        CommandResult predicted = cxr.Run(
            "predict", data.PathOf("Test", "10.png"), "--checkpoint", sceptical, "--device", "cpu");
        Assert.That(predicted.Output, Does.Match("10\\.png .* none "), predicted.Error);
    }

    [Test]
    public void What_cannot_be_predicted_is_told()
    {
        data.Write("damaged/0.png", [1, 2, 3]);
        Directory.CreateDirectory(data.PathOf("nothing"));
        foreach ((string input, string expected) in new[]
        {
            (data.PathOf("none.png"), "none.png"), (data.PathOf("damaged", "0.png"), "replace or remove it"),
            (data.PathOf("nothing"), "has no images"),
            (Best + ".safetensors", "no tensor 'input'"),
        })
        {
            CommandResult predicted = cxr.Run("predict", input, "--checkpoint", Best, "--device", "cpu");
            Assert.That(predicted.ExitCode, Is.EqualTo(1));
            Assert.That(predicted.ErrorLines, Has.Length.EqualTo(1).And.One.Contains(expected), predicted.Error);
        }
    }
}
