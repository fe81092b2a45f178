using IlgpuCxr.Data;
using IlgpuCxr.Metrics;
using IlgpuCxr.Study;

namespace IlgpuCxr.Tests.Study;

/// <summary>
/// The study's tables, matrices and curves agree with one another, so none of them was mistyped here.
/// </summary>
public sealed class PublishedTests
{
    private static IEnumerable<StudyRow> Part1WithMatrices =>
        StudyRows.All.Where(row => row.Part == StudyPart.Part1 && row.Published.Confusion is not null);

    private static IEnumerable<StudyRow> Part2 => StudyRows.All.Where(row => row.Part == StudyPart.Part2);

    private static IEnumerable<StudyRow> WithCurves => StudyRows.All.Where(row => row.Curves is not null);

    [Test]
    public void Every_row_has_a_number_for_each_split()
    {
        foreach (StudyRow row in StudyRows.All)
        {
            Assert.That(row.Published.Accuracy, Has.Count.EqualTo(row.Splits.Count).And.All.InRange(80, 100), row.Id);
            Assert.That(row.Published.F1, Has.Count.EqualTo(row.Splits.Count).And.All.InRange(.85, 1), row.Id);
            Assert.That(row.Published.BestEpoch, Is.InRange(0, 24), row.Id);
        }
    }

    [TestCaseSource(nameof(Part1WithMatrices))]
    public void Part_1s_matrices_give_the_accuracies_and_the_f1_of_normal(StudyRow row)
    {
        for (int split = 0; split < row.Splits.Count; split++)
        {
            ConfusionMatrix matrix = row.PublishedConfusion(row.Splits[split])!.Single();
            Assert.That(
                (matrix[0, 0] + matrix[0, 1], matrix[1, 0] + matrix[1, 1]),
                Is.EqualTo(split == 0 ? (4919L, 7081L) : (615L, 885L)));
            // The table's 90.81 of row 8 is a misprint of 91.81: this matrix and the curve's end say so.
            double printed = row.Number == 8 && split == 0 ? 91.81 : row.Published.Accuracy[split];
            Assert.That(100 * matrix.Accuracy, Is.EqualTo(printed).Within(0.005 + 1e-9));
            Assert.That(matrix.F1(1), Is.EqualTo(row.Published.F1[split]).Within(0.005 + 1e-9));
        }
    }

    [TestCaseSource(nameof(Part2))]
    public void Part_2s_matrices_are_of_the_studys_images(StudyRow row)
    {
        foreach ((string split, long images, long[] positives) in new[] { ("train", 6200L, new[] { 200L, 2200L, 4000L }), ("validation", 628L, new[] { 28L, 228L, 400L }) })
        {
            IReadOnlyList<ConfusionMatrix> matrices = row.PublishedConfusion(split)!;
            Assert.That(matrices.Select(matrix => matrix.Total), Is.All.EqualTo(images));
            Assert.That(matrices.Select(matrix => matrix[1, 0] + matrix[1, 1]), Is.EqualTo(positives));
        }
    }

    [Test]
    public void The_focal_loss_finds_the_covid_images_that_cross_entropy_misses()
    {
        // Protocol 4.1: F1 of COVID-19 on the validation images.
        double[] expected = [.18, .00, .68, .82];
        Assert.That(
            Part2.Select(row => Math.Round(row.PublishedConfusion("validation")![0].F1(1), 2)), Is.EqualTo(expected));
    }

    [TestCaseSource(nameof(WithCurves))]
    public void Curves_end_at_the_best_epoch_where_the_table_says(StudyRow row)
    {
        bool isPart2 = row.Part == StudyPart.Part2;
        PublishedCurves curves = row.Curves!;
        int points = row.Published.BestEpoch + 1 + (isPart2 ? 1 : 0);
        Assert.That(
            new[]
            {
                curves.TrainLoss.Count,
                curves.ValidationLoss.Count,
                curves.TrainAccuracy.Count,
                curves.ValidationAccuracy.Count,
            },
            Is.All.EqualTo(points));
        // Reading off a figure errs by 0.15 points (Part 2: 0.4), and Part 2's table is rounded to whole numbers.
        double error = isPart2 ? 0.4 + 0.5 : 0.15;
        Assert.That(curves.ValidationAccuracy[^1], Is.EqualTo(row.Published.Accuracy[1]).Within(error));
        Assert.That(
            curves.ValidationAccuracy[^1], Is.GreaterThanOrEqualTo(curves.ValidationAccuracy.Max() - 2 * error),
            "the best epoch is the highest");
    }

    [Test]
    public void The_exact_log_of_vgg16_with_cross_entropy_agrees_with_its_curve()
    {
        // Protocol 4.2: validation Jaccard index after the epochs 0, 7, 14 and 21.
        IReadOnlyList<double> curve = StudyRows.Parse("p2:1")[0].Curves!.ValidationAccuracy;
        Assert.That(
            new[] { curve[1], curve[8], curve[15], curve[22] },
            Is.EqualTo(new[] { 79.43, 90.34, 90.68, 92.20 }).Within(0.5));
    }
}
