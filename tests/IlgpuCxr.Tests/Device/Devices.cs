using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Device;

/// <summary>The kinds of devices that tests run on.</summary>
internal static class Devices
{
    private static readonly HashSet<DeviceKind> found = [.. DeviceCatalog.List().Select(device => device.Kind)];

    /// <summary>The kinds that this machine has.</summary>
    public static IReadOnlyList<string> Present { get; } = [.. Selectors().Where(IsPresent)];

    /// <summary>The kinds that this machine does not have.</summary>
    public static IReadOnlyList<string> Absent { get; } = [.. Selectors().Where(selector => !IsPresent(selector))];

    private static string[] Selectors() => ["cpu", "cuda", "opencl"];

    private static bool IsPresent(string selector) =>
        found.Contains(Enum.Parse<DeviceKind>(selector, ignoreCase: true));
}
