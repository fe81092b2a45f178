using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Metrics;
using IlgpuCxr.Reports;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

public sealed class EvaluationTests
{
    [Test]
    public void F1_of_one_class_of_two_is_that_of_the_second()
    {
        // Classes 0, 0, 0, 1 are predicted to be 0, 0, 1, 1: one right of two, one found of one.
        var evaluation = new Evaluation(
            0, new Predictions(ClassificationTask.Binary, 2, [1, 0, 1, 0, 0, 1, 0, 1], [0, 0, 0, 1]));
        Assert.That((evaluation.Accuracy, evaluation.F1), Is.EqualTo((75.0, 2 / 3.0)));
    }

    [Test]
    public void F1_of_more_than_two_classes_is_their_mean()
    {
        // The example of scikit-learn's f1_score: classes 0, 1, 2, 0, 1, 2 are predicted to be 0, 2, 1, 0, 0, 1, and
        // average='macro' is 0.26... A fourth class occurs nowhere.
        var evaluation = new Evaluation(0, new Predictions(
            ClassificationTask.Binary, 4,
            [1, 0, 0, 0, /**/ 0, 0, 1, 0, /**/ 0, 1, 0, 0, /**/ 1, 0, 0, 0, /**/ 1, 0, 0, 0, /**/ 0, 1, 0, 0],
            [0, 1, 2, 0, 1, 2]));
        Assert.That(evaluation.F1, Is.EqualTo(0.8 / 3).Within(1e-12));
        Assert.That(ReportText.F1(ClassificationTask.Binary, ["a", "b", "c", "d"]), Is.EqualTo("macro F1"));
        Assert.That(ReportText.F1(ClassificationTask.Binary, ["infected", "normal"]), Is.EqualTo("F1 of normal"));
    }

    [Test]
    public void F1_and_accuracy_of_labels_are_averages_over_the_images()
    {
        // Two labels of which one is predicted: Jaccard and recall 1/2, precision 1.
        var evaluation = new Evaluation(0, new Predictions(ClassificationTask.MultiLabel, 3, [-1, 1, -1], [0b011]));
        Assert.That((evaluation.Accuracy, evaluation.F1), Is.EqualTo((50.0, 2 / 3.0)));
    }

    [Test]
    public void A_focal_loss_has_the_alpha_and_gamma_that_were_chosen()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using DeviceBuffer<float> loss = device.Allocate<float>(1), logits = device.Allocate<float>(2);
        using DeviceBuffer<float> labels = device.Allocate<float>(2);
        device.Upload<float>(logits.View, [0, 0]);
        device.Upload<float>(labels.View, [1, 1]);
        var criterion = new Criterion(LossKind.Focal, new FocalOptions(Alpha: 0.6f, Gamma: 1, Mean: true));
        device.Plan(Compute);
        device.Run(Compute);
        // Of labels with a probability of one half: alpha (1/2)^gamma ln 2.
        Assert.That(device.Download(loss.View)[0], Is.EqualTo(0.6 * 0.5 * Math.Log(2)).Within(1e-6));

        void Compute() => criterion.Forward(
            device, loss.View, default, logits.View, BatchTargets.OfLabels(labels.View), new LossShape(1, 2));
    }

    [TestCase(false, ExpectedResult = 2.0)]
    [TestCase(true, ExpectedResult = 5.0)]
    public double The_loss_of_all_images_does_not_depend_on_the_batches(bool sums)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var log = new LossLog(device, steps: 2, sums);
        device.Upload<float>(log.Next(batchSize: 4), [1]);
        device.Upload<float>(log.Next(batchSize: 2), [4]);
        return log.OverImages();
    }
}
