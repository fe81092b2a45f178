using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Image;

/// <summary>The ways to compute a resize to bytes.</summary>
public enum ImageResizeAlgorithm
{
    /// <summary>One pixel per index (<see cref="ImageResizeNaive"/>): any device.</summary>
    Naive,

    /// <summary>Two passes over a band of rows (<see cref="ImageResizeVector"/>): the CPU.</summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>32x32 pixels per group (<see cref="ImageResizeGroup"/>): GPUs.</summary>
    [RunsOn(DeviceNeed.Gpu)]
    Group,
}
