using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Image;

/// <summary>The ways to compute an image transform.</summary>
public enum ImageTransformAlgorithm
{
    /// <summary>One output pixel per index (<see cref="ImageTransformNaive"/>): any device.</summary>
    Naive,

    /// <summary>Two passes over a band of rows (<see cref="ImageTransformVector"/>): the CPU.</summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>32x32 pixels per group (<see cref="ImageTransformGroup"/>): GPUs.</summary>
    [RunsOn(DeviceNeed.Gpu)]
    Group,
}
