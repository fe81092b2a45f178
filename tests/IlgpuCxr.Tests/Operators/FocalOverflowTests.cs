using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;

namespace IlgpuCxr.Tests.Operators;

public sealed class FocalOverflowTests
{
    [Test]
    public void The_mean_of_large_losses_is_finite_where_their_sum_is_not()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using DeviceBuffer<float> loss = device.Allocate<float>(1), logits = device.Allocate<float>(4);
        using DeviceBuffer<float> targets = device.Allocate<float>(4);
        device.Upload<float>(logits.View, [-3e38f, -3e38f, -3e38f, -3e38f]);
        device.Upload<float>(targets.View, [1, 1, 1, 1]);
        void Step() => Focal.Forward(
            device, loss.View, default, logits.View, targets.View, new FocalOptions(Alpha: 1, Gamma: 0, Mean: true),
            new LossShape(2, 2));
        device.Plan(Step);
        Step();
        Assert.That(device.Download(loss.View)[0], Is.EqualTo(3e38f).Within(1).Percent);
    }
}
