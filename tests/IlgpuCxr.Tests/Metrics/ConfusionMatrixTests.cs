using IlgpuCxr.Metrics;

namespace IlgpuCxr.Tests.Metrics;

public sealed class ConfusionMatrixTests
{
    /// <summary>
    /// The study's matrices of Part 1, infected and normal, with the accuracy and the F1 of normal that it published
    /// for them.
    /// </summary>
    [TestCase("VGG16 FC, train", 4168, 751, 590, 6491, 88.83, 0.91)]
    [TestCase("VGG16 FC, validation", 509, 106, 75, 810, 87.93, 0.90)]
    [TestCase("VGG16 FC, test", 548, 67, 24, 861, 93.93, 0.95)]
    [TestCase("ResNet18 FC, train", 3988, 931, 772, 6309, 85.81, 0.88)]
    [TestCase("ResNet18 FC, validation", 507, 108, 124, 761, 84.53, 0.87)]
    [TestCase("ResNet18 FC, test", 550, 65, 72, 813, 90.87, 0.92)]
    [TestCase("VGG16, train", 4318, 601, 233, 6848, 93.05, 0.94)]
    [TestCase("VGG16, validation", 531, 84, 47, 838, 91.27, 0.93)]
    [TestCase("VGG16, test", 577, 38, 9, 876, 96.87, 0.97)]
    [TestCase("ResNet18, train", 4293, 626, 357, 6724, 91.81, 0.93)]
    [TestCase("ResNet18, validation", 534, 81, 61, 824, 90.53, 0.92)]
    [TestCase("ResNet18, test", 573, 42, 13, 872, 96.33, 0.97)]
    public void The_published_matrices_give_the_published_numbers(
        string row, int infected, int infectedAsNormal, int normalAsInfected, int normal, double accuracy, double f1)
    {
        var matrix = new ConfusionMatrix(2);
        matrix.Add(0, 0, infected);
        matrix.Add(0, 1, infectedAsNormal);
        matrix.Add(1, 0, normalAsInfected);
        matrix.Add(1, 1, normal);

        // Published with two digits after the point; the accuracy as a percentage.
        Assert.That(100 * matrix.Accuracy, Is.EqualTo(accuracy).Within(0.005 + 1e-9), row);
        Assert.That(matrix.F1(positive: 1), Is.EqualTo(f1).Within(0.005 + 1e-9), row);
    }

    [Test]
    public void Three_classes_computed_by_hand()
    {
        var matrix = new ConfusionMatrix(3);
        // Actual 0: 3 right, 1 as class 2. Actual 1: 2 right, 2 as class 0. Actual 2: 4 right, 1 as class 1.
        matrix.Add(0, 0, 3);
        matrix.Add(0, 2, 1);
        matrix.Add(1, 1, 2);
        matrix.Add(1, 0, 2);
        matrix.Add(2, 2, 4);
        matrix.Add(2, 1, 1);

        Assert.That(matrix.Total, Is.EqualTo(13));
        Assert.That(matrix.Accuracy, Is.EqualTo(9 / 13.0));
        Assert.That(
            new[] { matrix.F1(0), matrix.F1(1), matrix.F1(2) }, Is.EqualTo(new[] { 6 / 9.0, 4 / 7.0, 8 / 10.0 }));
        Assert.That(matrix.Rows, Is.EqualTo(new[] { new long[] { 3, 0, 1 }, [2, 2, 0], [0, 1, 4] }));
    }

    [Test]
    public void Nothing_predicted_and_nothing_there_are_zero_as_in_scikit_learn()
    {
        var matrix = new ConfusionMatrix(2);
        Assert.That(new[] { matrix.Accuracy, matrix.F1(1) }, Is.All.Zero);

        matrix.Add(0, 0, 5);
        Assert.That(matrix.F1(1), Is.Zero);
        Assert.That(matrix.Accuracy, Is.EqualTo(1));
    }

    [TestCase(new[] { 1f, 2, 3 }, 2)]
    [TestCase(new[] { 3f, 1, 3 }, 0)]
    [TestCase(new[] { float.NegativeInfinity, float.NegativeInfinity }, 0)]
    [TestCase(new[] { 1f, float.NaN, 5 }, 1)]
    public void The_first_of_the_largest_is_predicted_and_nan_is_larger_than_any(float[] logits, int expected) =>
        Assert.That(Prediction.ArgMax(logits), Is.EqualTo(expected));
}
