namespace IlgpuCxr.Kernels.Device;

/// <summary>What an algorithm needs of a device.</summary>
internal enum DeviceNeed
{
    /// <summary>The CPU: kernels that read memory through plain pointers, in its vectors.</summary>
    Cpu,

    /// <summary>Any GPU: kernels of groups of threads.</summary>
    Gpu,

    /// <summary>An NVIDIA GPU from sm_80.</summary>
    TensorCores,

    /// <summary>An NVIDIA GPU of sm_90.</summary>
    Warpgroups,
}

/// <summary>Says which devices run an algorithm; one without it runs on all.</summary>
/// <param name="need">What they must have.</param>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class RunsOnAttribute(DeviceNeed need) : Attribute
{
    /// <summary>What they must have.</summary>
    public DeviceNeed Need => need;
}
