using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

/// <summary>The devices that this machine has.</summary>
internal static class Devices
{
    private static readonly Lazy<HashSet<DeviceKind>> present = new(() => [.. DeviceCatalog.List().Select(device => device.Kind)]);

    /// <summary>Skips the test, and says why, where there is no device of the kind.</summary>
    /// <param name="selector"><c>cpu</c>, <c>cuda</c> or <c>opencl</c>.</param>
    public static void RequirePresent(string selector)
    {
        if (!present.Value.Contains(Enum.Parse<DeviceKind>(selector, ignoreCase: true)))
            Assert.Ignore($"There is no {selector} device here; install its driver to run this test.");
    }
}
