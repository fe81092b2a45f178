using IlgpuCxr.Cli;
using IlgpuCxr.Data;
using IlgpuCxr.Metrics;
using IlgpuCxr.Reports;
using IlgpuCxr.Study;

namespace IlgpuCxr.Tests.Metrics;

public sealed class ClassMetricsTests
{
    [Test]
    public void Values_are_those_of_the_matrix_of_one_class_against_the_rest()
    {
        // Classes 0, 0, 1, 1, 2; predicted 0, 1, 1, 1, 0.
        var predictions = new Predictions(
            ClassificationTask.Binary, 3, [3, 1, 0, 1, 3, 0, 0, 3, 1, 1, 3, 0, 3, 1, 0], [0, 0, 1, 1, 2]);
        ClassMetrics metrics = ClassMetrics.Of(predictions, 0, "zero", seed: 1);
        Assert.That(metrics.Confusion.Rows, Is.EqualTo(new[] { new long[] { 2, 1 }, [1, 1] }));
        Assert.That(metrics.Sensitivity!.Value.Value, Is.EqualTo(0.5));
        Assert.That(metrics.Specificity!.Value.Value, Is.EqualTo(2 / 3.0));
        Assert.That(metrics.Precision!.Value.Value, Is.EqualTo(0.5));
        Assert.That(metrics.F1!.Value.Value, Is.EqualTo(0.5));
        // Probabilities of class 0: .84, .11 with it; .04, .11, .84 without (the images of equal logits tie).
        Assert.That(metrics.RocAuc!.Value.Value, Is.EqualTo((2.5 + 1.5) / 6).Within(1e-12));
        Assert.That(
            ClassResult.Of(metrics),
            Is.EqualTo(
                new ClassResult(
                    "zero", 2, metrics.Sensitivity, metrics.Specificity, metrics.Precision, metrics.F1,
                    metrics.RocAuc)));
    }

    /// <remarks>
    /// A share of 60 of 100 positive images has the binomial standard deviation .049: the interval is .6 ± 1.96 · .049,
    /// to a bootstrap's accuracy.
    /// </remarks>
    [Test]
    public void Intervals_are_as_wide_as_chance_and_the_same_for_the_same_seed()
    {
        int[] labels = [.. Enumerable.Range(0, 300).Select(n => n < 100 ? 1 : 0)];
        float[] logits = [.. Enumerable.Range(0, 300).Select(n => n % 5 < 3 == n < 100 ? 1f : -1f)];
        var predictions = new Predictions(ClassificationTask.MultiLabel, 1, logits, labels);
        ClassMetrics metrics = ClassMetrics.Of(predictions, 0, "label", seed: 1);
        Assert.That(metrics.Sensitivity!.Value.Value, Is.EqualTo(0.6));
        Assert.That(metrics.Sensitivity.Value.Lower, Is.EqualTo(0.6 - 1.96 * 0.049).Within(0.02));
        Assert.That(metrics.Sensitivity.Value.Upper, Is.EqualTo(0.6 + 1.96 * 0.049).Within(0.02));
        foreach (Estimate? estimate in new[] { metrics.Sensitivity, metrics.Specificity, metrics.Precision, metrics.F1, metrics.RocAuc })
        {
            Assert.That(estimate!.Value.Value, Is.InRange(estimate.Value.Lower, estimate.Value.Upper));
            Assert.That(
                estimate.Value.Upper - estimate.Value.Lower, Is.InRange(0.03, 0.3), "neither a point nor everything");
        }

        Assert.That(ClassMetrics.Of(predictions, 0, "label", seed: 1).F1, Is.EqualTo(metrics.F1));
        Assert.That(ClassMetrics.Of(predictions, 0, "label", seed: 2).F1, Is.Not.EqualTo(metrics.F1));
    }

    [Test]
    public void Intervals_of_F1_are_of_a_thousand_samples_that_keep_the_number_of_images_of_each_class()
    {
        int[] labels = [.. Enumerable.Range(0, 30).Select(n => n < 10 ? 1 : 0)];
        bool[] said = [.. Enumerable.Range(0, 30).Select(n => n % 3 != 0 == n < 10)];
        var predictions = new Predictions(
            ClassificationTask.MultiLabel, 1, [.. said.Select(yes => yes ? 1f : -1f)], labels);
        var random = SplitMix64.ForName(7, "bootstrap");
        double[] scores = [.. Enumerable.Range(0, 1000).Select(_ =>
        {
            int found = Drawn(0, 10), wrong = Drawn(10, 20);
            return 2.0 * found / (found + wrong + 10);
        })];
        double score = 2.0 * said.Take(10).Count(yes => yes) / (said.Count(yes => yes) + 10);
        Estimate interval = ClassMetrics.Of(predictions, 0, "label", seed: 7).F1!.Value;
        Estimate expected = Estimate.Of(score, scores);
        Assert.That(interval.Value, Is.EqualTo(expected.Value).Within(1e-12));
        Assert.That(interval.Lower, Is.EqualTo(expected.Lower).Within(1e-12));
        Assert.That(interval.Upper, Is.EqualTo(expected.Upper).Within(1e-12));

        int Drawn(int first, int count) => Enumerable.Range(0, count).Count(_ => said[first + random.NextInt(count)]);
    }

    /// <remarks>Above 37 or so all probabilities are 1 in double precision.</remarks>
    [Test]
    public void Images_are_ranked_however_sure_the_network_is([Values] ClassificationTask task)
    {
        float[] logits = [0, 40, 0, 45, 0, 50, 0, 55];
        Predictions predictions = task == ClassificationTask.Binary
            ? new Predictions(task, 2, logits, [0, 0, 1, 1])
            : new Predictions(task, 2, logits, [0b01, 0b00, 0b10, 0b11]);
        Assert.That(ClassMetrics.Of(predictions, 1, "second", seed: 1).RocAuc!.Value.Value, Is.EqualTo(1));
        if (task == ClassificationTask.Binary)
            Assert.That(ClassMetrics.Of(predictions, 0, "first", seed: 1).RocAuc!.Value.Value, Is.EqualTo(1));
    }

    [Test]
    public void Two_classes_have_one_area_with_one_interval()
    {
        var random = new Random(1);
        int[] labels = [.. Enumerable.Range(0, 40).Select(n => n % 3 == 0 ? 1 : 0)];
        float[] logits =
            [.. labels.SelectMany(label => new[] { random.NextSingle(), random.NextSingle() + 0.3f * label })];
        var predictions = new Predictions(ClassificationTask.Binary, 2, logits, labels);
        Assert.That(
            ClassMetrics.Of(predictions, 1, "normal", seed: 1).RocAuc,
            Is.EqualTo(ClassMetrics.Of(predictions, 0, "infected", seed: 1).RocAuc));
    }

    [Test]
    public void A_class_that_no_image_has_has_no_area()
    {
        var predictions = new Predictions(ClassificationTask.MultiLabel, 2, [1, -1, 1, -1], [0b01, 0b01]);
        Assert.That(ClassMetrics.Of(predictions, 1, "absent", seed: 1).RocAuc, Is.Null);
        Assert.That(ClassMetrics.Of(predictions, 0, "everywhere", seed: 1).RocAuc, Is.Null);
        Assert.That(ClassMetrics.Of(predictions, 0, "everywhere", seed: 1).Specificity, Is.Null);
    }

    [Test]
    public void What_nothing_was_counted_of_has_no_share()
    {
        // The second label is of no image and predicted of none, the third of no image but predicted.
        var predictions = new Predictions(ClassificationTask.MultiLabel, 3, [1, -1, 1, 1, -1, -1], [0b001, 0b001]);
        ClassMetrics absent = ClassMetrics.Of(predictions, 1, "absent", seed: 1);
        ClassMetrics wrong = ClassMetrics.Of(predictions, 2, "wrong", seed: 1);
        Assert.That(
            (absent.Sensitivity, absent.Precision, absent.F1),
            Is.EqualTo(((Estimate?)null, (Estimate?)null, (Estimate?)null)));
        Assert.That(absent.Specificity!.Value.Value, Is.EqualTo(1));
        Assert.That(
            (wrong.Sensitivity, wrong.Precision!.Value.Value, wrong.F1!.Value.Value),
            Is.EqualTo(((Estimate?)null, 0.0, 0.0)));
    }

    [TestCase(1, "0.667 (-)")]
    [TestCase(-1, "0.000 (-)")]
    public void Where_all_images_are_said_to_be_alike_F1_has_no_interval_and_a_share_has(float logit, string expected)
    {
        var predictions = new Predictions(
            ClassificationTask.MultiLabel, 1, [logit, logit, logit, logit], [1, 1, 0, 0]);
        ClassMetrics metrics = ClassMetrics.Of(predictions, 0, "label", seed: 1);
        Assert.That(EvaluationDisplay.Interval(metrics.F1), Is.EqualTo(expected));
        Assert.That(ReportText.Interval(metrics.F1!.Value), Is.EqualTo("-"));
        Assert.That(ReportText.Interval(metrics.Sensitivity!.Value), Is.Not.EqualTo("-"));
    }

    // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
    [TestCase(81, 263, 0.2553, 0.3662)]
    [TestCase(15, 148, 0.0624, 0.1605)]
    [TestCase(0, 20, 0, 0.1611)]
    [TestCase(1, 29, 0.0061, 0.1718)]
    public void Shares_have_Wilsons_interval(int counted, int all, double lower, double upper)
    {
        Estimate share = Estimate.OfShare(counted, all)!.Value;
        Assert.That(share.Value, Is.EqualTo((double)counted / all));
        Assert.That(share.Lower, Is.EqualTo(lower).Within(5e-5));
        Assert.That(share.Upper, Is.EqualTo(upper).Within(5e-5));
    }

    [Test]
    public void Quantiles_are_interpolated_linearly() =>
        // numpy.quantile([0, 1, …, 10], [.025, .975])
        Assert.That(
            Estimate.Of(5, [.. Enumerable.Range(0, 11).Reverse().Select(i => (double)i)]),
            Is.EqualTo(new Estimate(5, 0.25, 9.75)));
}
