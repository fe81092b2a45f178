using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The ways to centralize gradients.</summary>
public enum GradientCentralizationAlgorithm
{
    /// <summary>One row per index (<see cref="GradientCentralizationNaive"/>): any device.</summary>
    Naive,

    /// <summary>One row per index, in vectors (<see cref="GradientCentralizationVector"/>): the CPU.</summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>One row per group (<see cref="GradientCentralizationGroup"/>): GPUs.</summary>
    [RunsOn(DeviceNeed.Gpu)]
    Group,
}
