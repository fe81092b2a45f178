using IlgpuCxr.Kernels.Device;
using IlgpuCxr.SelfTest;

namespace IlgpuCxr.Tests.SelfTest;

public sealed class DeviceSelfTestTests
{
    [Test]
    public void The_cpu_passes()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        foreach (SelfCheck check in DeviceSelfTest.Run(device))
            Assert.That(check.Passed, $"{check.Name}: {check.Worst} over {check.Bound}");
    }
}
