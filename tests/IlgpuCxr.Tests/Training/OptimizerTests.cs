using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

public sealed class OptimizerTests
{
    // Kingma and Ba: what corrects the two means for their start at zero leaves of the first gradient its sign only.
    [TestCase(OptimizerKind.Adam)]
    [TestCase(OptimizerKind.AdamW)]
    public void The_first_step_of_Adam_is_as_long_as_its_rate(OptimizerKind kind)
    {
        var linear = new Architecture(
            "linear", "fc", SmallestImage: 1, FeatureLayers: 0,
            (head, _) => new Sequential(new LinearLayer("fc", TensorShape.Vector(4), head.Outputs)));
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var network = new Network(device, linear, new NetworkHead(0, 2));
        using var optimizer = new Optimizer(device, network, new OptimizerOptions { Kind = kind, LearningRate = 0.1f });
        Parameter weight = network.Parameters[0];
        device.Upload<float>(weight.Value, new float[8]);
        device.Upload<float>(weight.Gradient, [1e-3f, -1e-3f, 2, -2, 300, -300, 1, -1]);
        optimizer.Step();
        Assert.That(
            device.Download(weight.Value),
            Is.EqualTo(new[] { -0.1f, 0.1f, -0.1f, 0.1f, -0.1f, 0.1f, -0.1f, 0.1f }).Within(1e-5));
    }
}
