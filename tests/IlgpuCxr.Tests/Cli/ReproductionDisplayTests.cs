using IlgpuCxr.Cli;
using IlgpuCxr.Study;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Cli;

public sealed class ReproductionDisplayTests
{
    private static readonly EpochResult Reached = new(
        3, Loss: 0.1, TrainLoss: 0.2, TrainAccuracy: 30, TrainF1: 0.4, ValidationLoss: 0.5, ValidationAccuracy: 60,
        ValidationF1: 0.7, Seconds: 8, ImagesPerSecond: 90);

    [TestCase("1", "accuracy")]
    [TestCase("p2:1", "Jaccard index over images")]
    public void What_a_row_reaches_is_called_as_in_the_report(string id, string name)
    {
        StudyRow row = StudyRows.Parse(id)[0];
        var result = new RowResult(null!, "cpu", [Reached], 8, [new SplitResult("train", 1, 0, 30, 0, [], [])]);
        Assert.That(
            ReproductionDisplay.Epoch(row, Reached, isBest: true),
            Is.EqualTo(
                $"  epoch 3   train loss   0.2000 {name}  30.00   validation loss   0.5000 {name}  60.00     8s  best"));
        Assert.That(
            ReproductionDisplay.Result(row, result, wasComplete: false),
            Does.StartWith($"  best epoch 3: {name} train 30.00 %; "));
        Assert.That(
            ReproductionDisplay.Result(row, result, wasComplete: true),
            Does.EndWith($"complete already: {name} train 30.00 %"));
    }
}
