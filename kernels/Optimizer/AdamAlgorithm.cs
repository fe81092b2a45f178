using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The ways to take a step of Adam.</summary>
public enum AdamAlgorithm
{
    /// <summary>One parameter per index (<see cref="AdamNaive"/>): any device.</summary>
    Naive,

    /// <summary>One chunk per index, in vectors (<see cref="AdamVector"/>): the CPU.</summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>Four neighbours per index (<see cref="AdamQuad"/>): GPUs.</summary>
    [RunsOn(DeviceNeed.Gpu)]
    Quad,
}
