using IlgpuCxr.Cli;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Cli;

public sealed class TrainingDisplayTests
{
    [Test]
    public void Every_number_of_an_epoch_stands_below_its_name()
    {
        var epoch = new EpochResult(
            3, Loss: 0.1, TrainLoss: 0.2, TrainAccuracy: 30, TrainF1: 0.4, ValidationLoss: 0.5, ValidationAccuracy: 60,
            ValidationF1: 0.7, Seconds: 8, ImagesPerSecond: 90);
        Assert.That(TrainingDisplay.Columns, Is.EqualTo(
            "epoch     loss   train loss    acc     F1   val loss    acc     F1   time  images/s"));
        Assert.That(TrainingDisplay.Row(epoch, isBest: true), Is.EqualTo(
            "    3   0.1000       0.2000  30.00  0.400     0.5000  60.00  0.700     8s      90.0  best"));
    }

    [TestCase(1, "epoch 1 (2 of 3)")]
    [TestCase(EpochResult.Untrained, "before training")]
    public void Progress_tells_where_a_run_is(int epoch, string expected)
    {
        var progress = new TrainingProgress(
            epoch, Epochs: 3, TrainingPhase.Training, Step: 17, Steps: 200, Loss: () => 0.69314, ImagesPerSecond: 8.34,
            Done: 0.346);
        Assert.That(
            TrainingDisplay.Progress(progress, ", 5 s left"),
            Is.EqualTo($"{expected}, training 17/200, 35 %, 5 s left, loss 0.6931, 8.3 images/s"));
    }

    [TestCase(0.69314, ExpectedResult = "  0.6931")]
    [TestCase(1234.56789, ExpectedResult = "1234.567")]
    [TestCase(999999.99, ExpectedResult = "999999.9")]
    [TestCase(1e6, ExpectedResult = "1.00e+06")]
    [TestCase(1.23e16, ExpectedResult = "1.23e+16")]
    public string A_loss_of_any_size_keeps_its_column(double loss) => TrainingDisplay.Loss(loss, 8);
}
