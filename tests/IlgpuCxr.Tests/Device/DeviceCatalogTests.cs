using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

public sealed class DeviceCatalogTests
{
    [Test]
    public void The_cpu_is_always_there() =>
        Assert.That(DeviceCatalog.List().Select(d => d.Selector), Does.Contain("cpu"));

    [Test]
    public void Auto_opens_a_device()
    {
        using ComputeDevice device = DeviceCatalog.Open("auto");
        Assert.That(device.Name, Is.Not.Empty);
    }

    [TestCase("gpu")]
    [TestCase("cuda:x")]
    [TestCase("cuda:-1")]
    [TestCase("cpu:0")]
    [TestCase("cuda:0:0")]
    public void A_selector_of_another_form_is_told_with_those_that_exist(string selector) =>
        Assert.That(
            () => DeviceCatalog.Open(selector),
            Throws.TypeOf<DeviceException>().With.Message.Contains(selector).And.Message.Contains("opencl:N"));

    [Test]
    public void A_device_that_is_not_there_is_told_with_the_remedy() =>
        Assert.That(
            () => DeviceCatalog.Open("cuda:99"), Throws.TypeOf<DeviceException>().With.Message.Contains("CUDA"));

    [Test]
    public void Threads_must_be_positive() =>
        Assert.That(
            () => DeviceCatalog.Open("cpu", new DeviceOptions { Threads = 0 }),
            Throws.TypeOf<DeviceException>().With.Message.Contains("1 thread"));
}
