using IlgpuCxr.Data;
using IlgpuCxr.Reports;
using IlgpuCxr.Study;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Tests.Study;

namespace IlgpuCxr.Tests.Reports;

/// <summary>What plots show, by the places of their colours.</summary>
public sealed class PlotTests
{
    [Test]
    public void Rows_of_a_confusion_matrix_are_what_the_images_are()
    {
        RowResult sample = SampleResults.Of("3");
        // Whatever the images are, they are said to be of the first class: both cells of the left column have all of
        // their row, and the lower one the longer number.
        SplitResult split = sample.Splits[0] with { Confusion = [[[1, 0], [888_888, 0]]] };
        byte[] plot = ConfusionPlot.Draw(Row("3"), sample with { Splits = [split] });
        (int Row, int Column)[] hot = Find(plot, (red, _, blue) => red < 60 && blue > 150), digits = Find(
            plot, (red, green, blue) => red > 250 && green > 250 && blue > 250);
        (int top, int bottom) = (hot.Min(pixel => pixel.Row), hot.Max(pixel => pixel.Row));
        Assert.That(
            bottom - top, Is.GreaterThan(1.5 * (hot.Max(pixel => pixel.Column) - hot.Min(pixel => pixel.Column))));
        Assert.That(
            digits.Count(pixel => pixel.Row > (top + bottom) / 2),
            Is.GreaterThan(5 * digits.Count(pixel => pixel.Row < (top + bottom) / 2)));
    }

    [Test]
    public void A_confusion_matrix_has_a_cell_for_each_pair_of_classes()
    {
        RowResult sample = SampleResults.Of("3");
        RowResult result = sample with
        {
            Configuration = sample.Configuration with
            {
                Data = sample.Configuration.Data with { Classes = ["a", "b", "c"] },
            },
            Splits = [sample.Splits[1] with { Confusion = [[[1, 0, 0], [0, 1, 0], [0, 0, 1]]] }],
        };
        (int Row, int Column)[] hot = Find(
            ConfusionPlot.Draw(StudyRow.Of(sample.Configuration.Options), result),
            (red, _, blue) => red < 60 && blue > 150);
        // Cells on the diagonal are 124 pixels of the file apart.
        Assert.That(hot.Select(pixel => (pixel.Row - hot[0].Row) / 124).Distinct(), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(hot.Max(pixel => pixel.Column) - hot.Min(pixel => pixel.Column), Is.InRange(2.5 * 124, 3 * 124));
    }

    [Test]
    public void The_papers_matrix_stands_before_ours()
    {
        RowResult sample = SampleResults.Of("1");
        // All wrong, where nearly all is right in the paper.
        SplitResult split = sample.Splits[0] with { Confusion = [[[0, 1], [1, 0]]] };
        (int Row, int Column)[] hot = Find(
            ConfusionPlot.Draw(Row("1"), sample with { Splits = [split] }), (red, _, blue) => red < 70 && blue > 150);
        int top = hot.Min(pixel => pixel.Row);
        int[] upper = [.. hot.Where(pixel => pixel.Row == top).Select(pixel => pixel.Column)];
        // In the upper row the paper's first cell is hot and our second: nothing is farther left, or farther right.
        Assert.That(
            (upper.Min(), upper.Max()),
            Is.EqualTo((hot.Min(pixel => pixel.Column), hot.Max(pixel => pixel.Column))));
    }

    [TestCase(0, 1)]
    [TestCase(2, 3)]
    public void The_ring_marks_the_best_epoch(int best, int place)
    {
        RowResult sample = SampleResults.Of("p2:2");
        RowResult flat = sample with
        {
            History =
            [
                .. sample.History.Select(epoch => epoch with
                {
                    TrainAccuracy = 10,
                    ValidationAccuracy = epoch.Epoch == best ? 50.001 : 50,
                }),
            ],
        };
        (int Row, int Column)[] blue = Find(
            CurvePlot.Accuracy(StudyRow.Of(sample.Configuration.Options), flat),
            (red, _, blue) => blue > 200 && red < 100);
        // Where the curve is flat, nothing of it is as high as the ring. The legend is far below.
        int top = blue.Min(pixel => pixel.Row);
        (int Row, int Column)[] curve = [.. blue.Where(pixel => pixel.Row < top + 40)];
        (int left, int right) = (curve.Min(pixel => pixel.Column), curve.Max(pixel => pixel.Column));
        double ring = curve.Where(pixel => pixel.Row == top).Average(pixel => pixel.Column);
        Assert.That((ring - left) / (right - left), Is.EqualTo(place / 3.0).Within(0.05), "untrained, epochs 0 to 2");
    }

    [Test]
    public void Of_too_many_classes_no_confusion_matrix_is_drawn()
    {
        RowResult sample = SampleResults.Of("3");
        RowResult With(int classes) => sample with
        {
            Configuration = sample.Configuration with
            {
                Data = sample.Configuration.Data with
                {
                    // However long the names are.
                    Classes = [.. Enumerable.Range(0, classes).Select(c => $"{c}{new string('x', 1000)}")],
                },
            },
            Splits =
            [
                sample.Splits[1] with
                {
                    Confusion = [[.. Enumerable.Range(0, classes).Select(_ => new long[classes])]],
                },
            ],
        };
        StudyRow row = StudyRow.Of(sample.Configuration.Options);
        RowReport most = RowReport.Create(row, With(ConfusionPlot.MostClasses));
        Assert.That(most.Confusion, Is.Not.Null);
        RowReport many = RowReport.Create(row, With(ConfusionPlot.MostClasses + 1));
        Assert.That(many.Plots, Has.Exactly(2).Items);
        Assert.That(MarkdownReport.CreateOfRun(many), Does.Contain(ReportText.NoMatrixNotice));
        Assert.That(HtmlReport.CreateOfRun(many), Does.Contain(ReportText.NoMatrixNotice));
        Assert.That(MarkdownReport.CreateOfRun(most), Does.Not.Contain(ReportText.NoMatrixNotice));
    }

    [TestCase("covid-19 (a_b)", "covid-19 (a_b)")]
    [TestCase("Entzündung", "Entz?ndung")]
    [TestCase("肺炎", "??")]
    public void A_letter_that_the_font_lacks_is_a_question_mark(string name, string drawn) =>
        Assert.That(PlotStyle.Drawable(name), Is.EqualTo(drawn));

    [Test]
    public void Flat_curves_have_an_axis_that_can_be_read() =>
        Assert.That(
            CurvePlot.Limits(new RowCurves([60, 60], [60, 60], null, null, 0), null), Is.EqualTo((59.94, 60.06)));

    [Test]
    public void Training_is_red_and_validation_blue()
    {
        RowResult sample = SampleResults.Of("3");
        RowResult result = sample with
        {
            History = [
                .. sample.History.Select(epoch =>
                    epoch with
                    {
                        TrainAccuracy = 95,
                        ValidationAccuracy = 75,
                        TrainLoss = 0.2,
                        ValidationLoss = 0.5,
                    })],
        };
        Assert.That(TrainingIsAbove(CurvePlot.Accuracy(Row("3"), result)));
        Assert.That(TrainingIsAbove(CurvePlot.Loss(Row("3"), result)), Is.False);
    }

    [Test]
    public void The_studys_curves_have_the_same_colours()
    {
        RowResult sample = SampleResults.Of("p2:3");
        RowResult low = sample with
        {
            History = [.. sample.History.Select(epoch => epoch with { TrainAccuracy = 10, ValidationAccuracy = 10 })],
        };
        Assert.That(
            Row("p2:3").Curves!.TrainAccuracy.Max(), Is.LessThan(Row("p2:3").Curves!.ValidationAccuracy.Max() - 2));
        Assert.That(TrainingIsAbove(CurvePlot.Accuracy(Row("p2:3"), low)), Is.False);
    }

    [TestCase("1", 1, 1, 1, 1)]
    [TestCase("p2:3", 60, 20, 6200, 628)]
    public void Curves_are_what_they_are_called(
        string id, int train, int validation, int publishedTrain, int publishedValidation)
    {
        RowResult result = SampleResults.Of(id);
        PublishedCurves published = Row(id).Curves!;
        RowCurves losses = RowCurves.Losses(Row(id), result), accuracies = RowCurves.Accuracies(Row(id), result);
        Assert.That(losses.Train, Is.EqualTo(result.History.Select(epoch => epoch.TrainLoss / train)));
        Assert.That(losses.Validation, Is.EqualTo(result.History.Select(epoch => epoch.ValidationLoss / validation)));
        Assert.That(losses.PublishedTrain, Is.EqualTo(published.TrainLoss.Select(loss => loss / publishedTrain)));
        Assert.That(
            losses.PublishedValidation,
            Is.EqualTo(published.ValidationLoss.Select(loss => loss / publishedValidation)));
        Assert.That(accuracies.Train, Is.EqualTo(result.History.Select(epoch => epoch.TrainAccuracy)));
        Assert.That(accuracies.Validation, Is.EqualTo(result.History.Select(epoch => epoch.ValidationAccuracy)));
        Assert.That(
            (accuracies.PublishedTrain, accuracies.PublishedValidation),
            Is.EqualTo((published.TrainAccuracy, published.ValidationAccuracy)));
    }

    [Test]
    public void A_summed_loss_is_divided_by_the_images_that_could_be_read()
    {
        RowResult result = SampleResults.Of("p2:3");
        RowConfiguration more = result.Configuration with
        {
            Data = result.Configuration.Data with { Train = 61, Validation = 25 },
        };
        RowCurves losses = RowCurves.Losses(Row("p2:3"), result with { Configuration = more });
        Assert.That(losses.Train, Is.EqualTo(result.History.Select(epoch => epoch.TrainLoss / 60)));
        Assert.That(losses.Validation, Is.EqualTo(result.History.Select(epoch => epoch.ValidationLoss / 20)));
    }

    private static StudyRow Row(string id) => StudyRows.Parse(id)[0];

    /// <summary>Whether the uppermost red is above the uppermost blue; the legend is below the curves.</summary>
    private static bool TrainingIsAbove(byte[] plot) =>
        Find(plot, (red, green, _) => red > 200 && green < 120)
            .Min(pixel => pixel.Row) < Find(plot, (red, _, blue) => blue > 200 && red < 100)
            .Min(pixel => pixel.Row);

    private static (int Row, int Column)[] Find(byte[] plot, Func<byte, byte, byte, bool> isColour)
    {
        using var folder = new DataFolder();
        (ImageSize size, byte[] pixels) = new VipsImageDecoder().Decode(folder.Write("plot.png", plot));
        return
        [
            .. from pixel in Enumerable.Range(0, size.Width * size.Height)
               where isColour(pixels[3 * pixel], pixels[3 * pixel + 1], pixels[3 * pixel + 2])
               select (pixel / size.Width, pixel % size.Width),
        ];
    }
}
