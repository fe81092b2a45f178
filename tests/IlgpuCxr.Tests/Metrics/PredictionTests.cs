using IlgpuCxr.Data;
using IlgpuCxr.Metrics;

namespace IlgpuCxr.Tests.Metrics;

public sealed class PredictionTests
{
    [Test]
    public void One_class_has_softmax_probabilities()
    {
        double[] probabilities = Prediction.Probabilities(ClassificationTask.Binary, [1, 3]);
        Assert.That(probabilities, Is.EqualTo(new[] { 1 / (1 + Math.Exp(2)), 1 / (1 + Math.Exp(-2)) }).Within(1e-15));
        Assert.That(Prediction.Probabilities(ClassificationTask.Binary, [1e30f, -1e30f]), Is.EqualTo(new[] { 1.0, 0 }));
    }

    [Test]
    public void Labels_have_logistic_probabilities_and_are_predicted_above_one_half()
    {
        Assert.That(
            Prediction.Probabilities(ClassificationTask.MultiLabel, [0, -1e30f, 1e30f, 2]),
            Is.EqualTo(new[] { 0.5, 0, 1, 1 / (1 + Math.Exp(-2)) }).Within(1e-15));
        Assert.That(
            Prediction.Label(ClassificationTask.MultiLabel, [0, 0.01f, -0.01f, 5]), Is.EqualTo(LabelSet.Of(1, 3)),
            "One half is not above one half.");
        Assert.That(Prediction.Label(ClassificationTask.MultiLabel, [-1, -2, -3]), Is.Zero);
    }
}
