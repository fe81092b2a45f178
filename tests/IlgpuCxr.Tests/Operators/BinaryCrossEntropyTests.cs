using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;

namespace IlgpuCxr.Tests.Operators;

public sealed class BinaryCrossEntropyTests
{
    [Test]
    public void The_gradient_of_an_answer_that_is_surely_right_is_small_but_not_0([Values(0, 1)] int target)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var memory = new DeviceMemory(device);
        ArrayView<float> loss = memory.Vector(1), gradient = memory.Vector(1);
        ArrayView<float> logits = memory.Vector([target == 1 ? 20.0 : -20.0]), targets = memory.Vector([(double)target]);
        memory.Run(() => BinaryCrossEntropy.Forward(device, loss, gradient, logits, targets, new LossShape(1, 1)));
        Assert.That(memory.Read(gradient)[0], Is.EqualTo((1 - 2 * target) * Math.Exp(-20)).Within(1e-4).Percent);
    }
}
