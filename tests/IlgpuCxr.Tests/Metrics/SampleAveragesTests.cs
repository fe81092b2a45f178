using IlgpuCxr.Metrics;

namespace IlgpuCxr.Tests.Metrics;

public sealed class SampleAveragesTests
{
    /// <summary>One image: what scikit-learn's scores with <c>average='samples'</c> give it.</summary>
    [TestCase(0b011, 0b011, 1, 1, 1, 1)]
    [TestCase(0b011, 0b010, 0.5, 1, 0.5, 2 / 3.0)]
    [TestCase(0b010, 0b011, 0.5, 0.5, 1, 2 / 3.0)]
    [TestCase(0b011, 0b110, 1 / 3.0, 0.5, 0.5, 0.5)]
    [TestCase(0b011, 0b111, 2 / 3.0, 2 / 3.0, 1, 0.8)]
    [TestCase(0b100, 0b011, 0, 0, 0, 0)]
    [TestCase(0b100, 0b000, 0, 0, 0, 0, Description = "Nothing predicted: 0, as scikit-learn warns and says.")]
    [TestCase(0b000, 0b000, 0, 0, 0, 0, Description = "Nothing there, nothing predicted.")]
    public void One_image(int labels, int predicted, double jaccard, double precision, double recall, double f1)
    {
        var averages = SampleAverages.Of([labels], [predicted]);
        Assert.That(
            new[] { averages.Jaccard, averages.Precision, averages.Recall, averages.F1 },
            Is.EqualTo(new[] { jaccard, precision, recall, f1 }).Within(1e-15));
    }

    [Test]
    public void Images_are_averaged() =>
        Assert.That(
            SampleAverages.Of([0b011, 0b100, 0b010], [0b010, 0b100, 0b100]).Jaccard, Is.EqualTo(1.5 / 3).Within(1e-15));

    [Test]
    public void No_images_are_zero() => Assert.That(SampleAverages.Of([], []), Is.EqualTo(default(SampleAverages)));
}
