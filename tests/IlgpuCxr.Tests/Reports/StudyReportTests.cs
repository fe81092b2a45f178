using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Metrics;
using IlgpuCxr.Reports;
using IlgpuCxr.Study;
using IlgpuCxr.Tests.Study;
using NetVips;
using VipsImage = NetVips.Image;

namespace IlgpuCxr.Tests.Reports;

public sealed partial class StudyReportTests
{
    // With and without published matrices, one class an image and several labels, cross entropies and the summed focal
    // loss.
    private static readonly string[] Ids = ["1", "3", "p2:2", "p2:3"];

    private DirectoryInfo folder;
    private StudyReport report;
    private string html;

    [OneTimeSetUp]
    public void Write()
    {
        folder = Directory.CreateTempSubdirectory("ilgpucxr-report-");
        foreach (string id in Ids)
        {
            RowDirectory row = DirectoryOf(id);
            Directory.CreateDirectory(row.Location);
            row.WriteResult(SampleResults.Of(id));
        }
        report = new StudyReport(folder.FullName);
        report.Write();
        html = File.ReadAllText(report.HtmlPath);
    }

    [OneTimeTearDown]
    public void RemoveIt() => folder.Delete(recursive: true);

    [Test]
    public void Html_fetches_nothing_and_runs_nothing()
    {
        Assert.That(
            html,
            Does.Not.Contain("http:").And.Not.Contain("https:").And.Not.Contain("<script").And.Not.Contain("@import"));
        Assert.That(
            Sources().Matches(html).Select(match => match.Groups[1].Value), Is.All.StartWith("data:image/png;base64,"));
    }

    [Test]
    public void Html_has_a_section_with_three_plots_for_each_row()
    {
        Assert.That(Regex.Count(html, "<section class=\"card row\""), Is.EqualTo(Ids.Length));
        Assert.That(Sources().Count(html), Is.EqualTo(3 * Ids.Length));
        foreach (string id in Ids)
            Assert.That(html, Does.Contain($"id=\"{StudyRows.Parse(id)[0].DirectoryName}\""));
    }

    [Test]
    public void Html_opens_and_closes_the_same_elements()
    {
        foreach (string element in new[] { "section", "table", "thead", "tbody", "tr", "td", "th", "div", "figure", "p", "nav", "main" })
            Assert.That(Regex.Count(html, $"<{element}[ >]"), Is.EqualTo(Regex.Count(html, $"</{element}>")), element);
    }

    [Test]
    public void Html_tells_of_each_class_what_the_head_of_its_table_names() =>
        Assert.That(
            html, Does.Match("<td>35</td><td>0\\.80 .*<td>0\\.90 .*<td>0\\.70 .*<td>0\\.75 .*<td>0\\.85 "),
            "sensitivity, specificity, precision, F1, AUC");

    [Test]
    public void Html_has_the_papers_numbers_before_ours() =>
        Assert.That(
            html,
            Does.Contain("<td class=\"start\">18</td><td class=\"ours\">1</td>")
                .And.Contain("<td class=\"start\">88.83</td><td class=\"ours\">86.67</td><td class=\"down\">-2.16</td>")
                .And.Contain("<td>3 of 200 (2 %)</td><td class=\"ours\">32 of 35 (91 %)</td>"),
            "the best epoch and the accuracy of row 1, COVID-19 found of row p2:2");

    [Test]
    public void Html_has_the_interval_of_the_COVID_19_found_on_validation_images()
    {
        string study = Path.Combine(folder.FullName, "covid");
        var row = new RowDirectory(study, StudyRows.Parse("p2:2")[0]);
        Directory.CreateDirectory(row.Location);
        RowResult sample = SampleResults.Of("p2:2");
        row.WriteResult(sample with
        {
            Splits =
            [
                .. sample.Splits.Select((split, s) => split with
                {
                    Classes =
                    [
                        .. split.Classes.Select((found, c) => found with
                        {
                            Sensitivity = new Estimate(0.5, 0.1 * s + 0.01 * c, 0.9),
                        }),
                    ],
                }),
            ],
        });
        var written = new StudyReport(study);
        written.Write();
        int validation = sample.Splits.ToList().FindIndex(split => split.Split == SplitNames.Validation);
        Assert.That(validation, Is.Positive, "not what comes first");
        Assert.That(
            File.ReadAllText(written.HtmlPath), Does.Match($"(?s)id=\"covid\".*<td>0\\.{validation}0–0\\.90</td></tr>"));
    }

    [Test]
    public void Metrics_are_called_what_they_are() =>
        Assert.That(
            ReportText.Metrics(SampleResults.Of("1")),
            Has.Some.EqualTo("train: accuracy 86.67 %, F1 of normal 0.8750, loss 0.4500."));

    [TestCase(59.4, ExpectedResult = "59 s")]
    [TestCase(61, ExpectedResult = "1 min 01 s")]
    [TestCase(3600, ExpectedResult = "1 h 00 min")]
    [TestCase(51 * 3600 + 125, ExpectedResult = "51 h 02 min", Description = "Of VGG16 on a CPU.")]
    public string Times_are_told_in_hours_however_many(double seconds) => ReportText.Time(seconds);

    [Test]
    public void Plots_are_files_beside_the_checkpoints_too()
    {
        foreach (string id in Ids)
        {
            foreach (string name in new[] { "loss.png", "accuracy.png", "confusion.png" })
            {
                using VipsImage plot = VipsImage.NewFromFile(DirectoryOf(id).PathOf(name));
                Assert.That(Math.Min(plot.Width, plot.Height), Is.GreaterThan(300), name);
                using VipsImage gray = plot.Flatten(background: [255]).Colourspace(Enums.Interpretation.Bw);
                Assert.That(gray.Deviate(), Is.GreaterThan(5), $"something is drawn in {name}");
            }
        }
    }

    [Test]
    public void Plots_have_a_font_of_their_own()
    {
        // A machine with nothing but the .NET SDK has no fonts.
        // The plots' own, which are not this test's to dispose of.
        var plain = ScottPlot.Fonts.GetTypeface("Inter", bold: false, italic: false);
        var bold = ScottPlot.Fonts.GetTypeface("Inter", bold: true, italic: false);
        Assert.That(plain.FamilyName, Does.StartWith("Inter"));
        Assert.That(bold.FontWeight, Is.GreaterThan(plain.FontWeight));
        // Every character that a plot may draw.
        Assert.That(
            plain.GetGlyphs("0123456789,.%()-: epochs trained loss accuracy Jaccard index validation paper pneumonia"),
            Is.All.GreaterThan((ushort)0));
    }

    [Test]
    public void A_report_says_what_its_numbers_are_of()
    {
        Assert.That(html, Does.Contain("phantoms").And.Contain("random weights").And.Contain("a device"));
        Assert.That(html, Does.Contain("Our curves of rows 1, 3 leave these axes"));
    }

    [Test]
    public void Markdown_is_the_report_that_was_looked_at()
    {
        string written = File.ReadAllText(report.MarkdownPath);
        string golden = File.ReadAllText(
            Path.Combine(TestContext.CurrentContext.TestDirectory, "fixtures", "report", "report.md"));
        Assert.That(
            written, Is.EqualTo(golden),
            $"Where the change is wanted, and looks well, copy this report to tests/fixtures/report:\n{written}");
    }

    [Test]
    public void A_report_of_nothing_is_a_report()
    {
        DirectoryInfo empty = folder.CreateSubdirectory("empty");
        var nothing = new StudyReport(empty.FullName);
        nothing.Write();
        Assert.That(File.ReadAllText(nothing.MarkdownPath), Does.Contain("0 of 12 rows are complete"));
        Assert.That(File.Exists(nothing.HtmlPath));
    }

    [Test]
    public void Images_that_could_not_be_read_are_counted()
    {
        DirectoryInfo some = folder.CreateSubdirectory("unreadable");
        var row = new RowDirectory(some.FullName, StudyRows.All[0]);
        Directory.CreateDirectory(row.Location);
        string[] paths =
            [.. Enumerable.Range(0, 8).Select(i => Path.Combine(some.FullName, "train", "a_b", $"{i}.png"))];
        LeftOutImages Of(int count) => LeftOutImages.Of(
            new ImageDataset(some.FullName, ClassificationTask.Binary),
            [.. paths.Take(count).Select(path => new UnreadableImage(path, ""))])!;
        row.WriteResult(SampleResults.Of(StudyRows.All[0].Id) with { LeftOut = Of(8) });

        var report = new StudyReport(some.FullName);
        report.Write();

        string markdown = File.ReadAllText(report.MarkdownPath), html = File.ReadAllText(report.HtmlPath);
        Assert.That(markdown, Does.Contain("Some images of row 1 could not be read and were left out"));
        Assert.That(
            markdown,
            Does.Contain(@"8 images could not be read and were left out: train/a\_b/0.png, train/a\_b/1.png, ").And.Contain(
                "4.png and 3 more."));
        Assert.That(html, Does.Contain("left out: train/a_b/0.png, ").And.Contain("Some images of row 1 "));
        Assert.That(
            ReportText.LeftOut(Of(1)), Is.EqualTo("1 image could not be read and was left out: train/a_b/0.png."));
        Assert.That(Of(0), Is.Null);
        string table = Path.Combine(some.FullName, "images.csv");
        File.WriteAllText(table, "");
        Assert.That(
            LeftOutImages.Of(
                new ImageDataset(table, ClassificationTask.Binary), [new UnreadableImage(paths[0], "")])!.First,
            Is.EqualTo(new[] { "train/a_b/0.png" }), "as the table names it");
    }

    [TestCase("7", false)]
    [TestCase("8", true)]
    public void What_the_study_misprinted_is_told_with_its_row_only(string id, bool isTold)
    {
        const string Notice =
            "accuracy of row 8 is a misprint: 90.81 stands here as printed, but the study's own confusion matrix and curve say 91.81.";
        DirectoryInfo some = folder.CreateSubdirectory($"printed {id}");
        var row = new RowDirectory(some.FullName, StudyRows.Parse(id)[0]);
        Directory.CreateDirectory(row.Location);
        row.WriteResult(SampleResults.Of(id));
        var report = new StudyReport(some.FullName);
        report.Write();
        foreach (string file in new[] { report.MarkdownPath, report.HtmlPath })
        {
            string text = WebUtility.HtmlDecode(File.ReadAllText(file));
            Assert.That(text, isTold ? Does.Contain(Notice) : Does.Not.Contain("misprint"));
        }
        Assert.That(ReportText.Misprint([StudyRows.Parse(id)[0]]) is not null, Is.EqualTo(isTold), "The console tells it too.");
        if (isTold)
            Assert.That(File.ReadAllText(report.MarkdownPath), Does.Contain("| 90.81 / "));
    }

    [Test]
    public void What_computed_in_another_way_is_told()
    {
        DirectoryInfo some = folder.CreateSubdirectory("precisions");
        // The third is of before it was noted.
        foreach ((string id, Precision? precision, string? algorithms) in new (string, Precision?, string?)[]
        {
            ("1", Precision.Tf32, "relu=naive"), ("2", Precision.Fp32, null), ("3", null, null),
        })
        {
            var row = new RowDirectory(some.FullName, StudyRows.Parse(id)[0]);
            Directory.CreateDirectory(row.Location);
            row.WriteResult(SampleResults.Of(id) with { Precision = precision, Algorithms = algorithms });
            RowResult read = row.ReadResult()!;
            Assert.That((read.Precision, read.Algorithms), Is.EqualTo((precision, algorithms)));
            Assert.That(
                File.ReadAllText(row.PathOf("result.json")),
                precision is null
                ? Does.Not.Contain("\"algorithms\"").And.Not.Match("\n  \"precision\"")
                : Does.Contain($"\n  \"precision\": \"{precision.ToString()!.ToLowerInvariant()}\""));
        }

        var report = new StudyReport(some.FullName);
        report.Write();

        string markdown = File.ReadAllText(report.MarkdownPath), html = File.ReadAllText(report.HtmlPath);
        const string Notice =
            "The rows were not all computed alike, and differ by rounding too: row 1 in tf32 with the algorithms relu=naive; row 2 in fp32.";
        Assert.That(markdown, Does.Contain(Notice).And.Contain(" on a device in tf32 with the algorithms relu=naive; a device."));
        Assert.That(html, Does.Contain(Notice));
        Assert.That(
            ReportText.Metrics(report.Rows[0].Result), Has.Some.EqualTo("Trained on a device in tf32 with the algorithms relu=naive."));
        Assert.That(ReportText.Metrics(report.Rows[1].Result), Has.Some.EqualTo("Trained on a device."));
    }

    [TestCase("{ half")]
    [TestCase("{}")]
    [TestCase("null")]
    public void A_damaged_result_is_told(string result)
    {
        DirectoryInfo damaged = folder.CreateSubdirectory("damaged");
        var row = new RowDirectory(damaged.FullName, StudyRows.All[0]);
        Directory.CreateDirectory(row.Location);
        File.WriteAllText(row.PathOf("result.json"), result);
        Assert.That(
            () => new StudyReport(damaged.FullName),
            Throws.TypeOf<DataException>().With.Message.Contains("result.json' is damaged"));
    }

    [TestCase("history", "[]")]
    [TestCase("history", "[null]")]
    [TestCase("splits", "[null]")]
    [TestCase("splits", "[{}]")]
    [TestCase("configuration", "{}")]
    [TestCase("device", "null")]
    [TestCase("leftOut", "{}")]
    [TestCase("leftOut", "{ \"count\": 1, \"first\": [null] }")]
    public void A_result_that_somebody_broke_is_told(string key, string value)
    {
        DirectoryInfo damaged = folder.CreateSubdirectory("broken");
        var row = new RowDirectory(damaged.FullName, StudyRows.All[0]);
        Directory.CreateDirectory(row.Location);
        row.WriteResult(SampleResults.Of(StudyRows.All[0].Id));
        Assert.That(() => row.ReadResult(), Throws.Nothing);
        JsonNode result = JsonNode.Parse(File.ReadAllBytes(row.PathOf("result.json")))!;
        result[key] = JsonNode.Parse(value);
        File.WriteAllText(row.PathOf("result.json"), result.ToJsonString());
        Assert.That(
            () => row.ReadResult(), Throws.TypeOf<DataException>().With.Message.Contains("result.json' is damaged"));
    }

    private RowDirectory DirectoryOf(string id) => new(folder.FullName, StudyRows.Parse(id)[0]);

    [GeneratedRegex("<img [^>]*src=\"([^\"]{30})")]
    private static partial Regex Sources();
}
