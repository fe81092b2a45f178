using IlgpuCxr.Metrics;

namespace IlgpuCxr.Tests.Metrics;

public sealed class RocCurveTests
{
    [TestCase(new[] { 0.1, 0.4, 0.35, 0.8 }, new[] { 0, 0, 1, 1 }, 0.75, Description = "scikit-learn's example.")]
    [TestCase(new[] { 1.0, 2, 3, 4 }, new[] { 0, 0, 1, 1 }, 1)]
    [TestCase(new[] { 1.0, 2, 3, 4 }, new[] { 1, 1, 0, 0 }, 0)]
    [TestCase(new[] { 5.0, 5, 5, 5, 5 }, new[] { 1, 0, 1, 0, 0 }, 0.5, Description = "All equal: chance.")]
    [TestCase(new[] { 1.0, 2, 2, 3 }, new[] { 0, 0, 1, 1 }, 0.875, Description = "A tie counts half.")]
    public void By_hand(double[] scores, int[] positive, double area) =>
        Assert.That(new RocCurve(scores, [.. positive.Select(p => p == 1)]).Area(), Is.EqualTo(area).Within(1e-15));

    [Test]
    public void Equals_the_share_of_pairs_in_the_right_order_with_images_repeated()
    {
        var random = new Random(1);
        // Few different scores, so that most pairs are ties.
        double[] scores = [.. Enumerable.Range(0, 60).Select(_ => (double)random.Next(7))];
        bool[] positive = [.. Enumerable.Range(0, 60).Select(_ => random.Next(3) == 0)];
        int[] times = [.. Enumerable.Range(0, 60).Select(_ => random.Next(4))];

        double right = 0, pairs = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            for (int j = 0; j < scores.Length; j++)
            {
                double weight = positive[i] && !positive[j] ? times[i] * times[j] : 0;
                pairs += weight;
                right += weight * (scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0);
            }
        }
        Assert.That(new RocCurve(scores, positive).Area(times), Is.EqualTo(right / pairs).Within(1e-12));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void One_kind_of_image_has_no_area(int kind) =>
        Assert.That(new RocCurve([1, 2, 3], [kind == 1, kind == 1, kind == 1]).Area(), Is.NaN);
}
