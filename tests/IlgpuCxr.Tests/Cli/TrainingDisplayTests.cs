using IlgpuCxr.Cli;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Cli;

public sealed class TrainingDisplayTests
{
    [Test]
    public void Every_number_of_an_epoch_stands_below_its_name()
    {
        var epoch = new EpochResult(3, Loss: 0.1, TrainLoss: 0.2, TrainAccuracy: 30, TrainF1: 0.4, ValidationLoss: 0.5, ValidationAccuracy: 60, ValidationF1: 0.7, Seconds: 8, ImagesPerSecond: 90);
        Assert.That(TrainingDisplay.Columns, Is.EqualTo(
            "epoch     loss   train loss    acc     F1   val loss    acc     F1   time  images/s"));
        Assert.That(TrainingDisplay.Row(epoch, isBest: true), Is.EqualTo(
            "    3   0.1000       0.2000  30.00  0.400     0.5000  60.00  0.700     8s      90.0  best"));
    }
}
