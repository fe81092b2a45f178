using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

public sealed class OverfittingTests
{
    [Test]
    public void A_network_learns_a_batch_of_noise_by_heart()
    {
        const int Steps = 30;
        var shape = new TensorShape(8, 32, 32, 3);
        using ComputeDevice device = SmallRun.Open(2);
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        network.Initialize(1);
        using var optimizer = new Optimizer(device, network, new OptimizerOptions { LearningRate = 0.01f });
        var step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer);
        using DeviceBuffer<float> images = device.Allocate<float>(shape.Count);
        using DeviceBuffer<float> losses = device.Allocate<float>(Steps);
        using DeviceBuffer<int> targets = device.Allocate<int>(shape.N);
        SplitMix64 random = SplitMix64.ForName(1, "noise");
        float[] noise = new float[shape.Count];
        for (int i = 0; i < noise.Length; i++)
            noise[i] = (float)random.NextNormal();
        device.Upload<float>(images.View, noise);
        device.Upload<int>(targets.View, [0, 1, 1, 0, 1, 0, 0, 1]);

        for (int i = 0; i < Steps; i++)
            step.Train(shape, tensor => device.Copy(tensor.View, images.View), BatchTargets.OfClasses(targets.View), losses.View.SubView(i, 1));

        float[] course = device.Download(losses.View);
        // Labels drawn by lot cannot be told better than by chance, ln 2, but by heart.
        Assert.That(course[0], Is.GreaterThan(0.3));
        Assert.That(course[^1], Is.LessThan(0.01));
    }
}
