using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Training;

/// <summary>What is said of a device that trains.</summary>
public static class DeviceText
{
    /// <summary>A device, and how it computes where that is not in fp32 by algorithms of its choice.</summary>
    /// <param name="device">The device.</param>
    public static string Of(ComputeDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return Of(device.Name, device.Precision, device.Algorithms);
    }

    /// <summary>The same of what was noted.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="precision">How exactly it multiplies; null where it is not known.</param>
    /// <param name="algorithms">The algorithms that are forced; null for none.</param>
    internal static string Of(string name, Precision? precision, string? algorithms) =>
        precision is null || (precision == Precision.Fp32 && algorithms is null)
        ? name
        : $"{name} in {Computation(precision.Value, algorithms)}";

    /// <summary>How a device computes.</summary>
    internal static string Computation(Precision precision, string? algorithms) =>
        $"{precision.ToString().ToLowerInvariant()}{(algorithms is null ? "" : $" with the algorithms {algorithms}")}";
}
