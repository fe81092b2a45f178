using System.CommandLine;
using IlgpuCxr.Cli.Commands;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Data;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Tests.Cli;

public sealed class TrainMemoryTests
{
    // Of ResNet18 with the study's classifier.
    private const long Parameters = 11_243_464;

    [Test]
    public void Evaluating_the_best_epoch_takes_no_more_than_training()
    {
        using DataFolder data = DataFolder.Complete(2);
        using var cxr = new CommandLine();
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        ParseResult parsed = TrainCommand.Create().Parse(
            [
                "--data", data.Root, "--size", "32", "--batch", "4", "--epochs", "1", "--quiet", "--out",
                cxr.PathOf("run"),
            ]);
        TrainCommand.Run(
            parsed, device, TrainCommand.Options(parsed), InitialWeights.Random,
            ImageDataset.Open(data.Root, ClassificationTask.Binary), CancellationToken.None);
        // Parameters, gradients and momentum, and little for the activations of so small images.
        Assert.That(device.PeakBytes, Is.InRange(3 * sizeof(float) * Parameters, 3.5 * sizeof(float) * Parameters));
        Assert.That(File.Exists(Path.Combine(cxr.PathOf("run"), "report.md")));
    }
}
