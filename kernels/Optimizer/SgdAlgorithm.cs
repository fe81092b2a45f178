using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The ways to compute a step of stochastic gradient descent.</summary>
public enum SgdAlgorithm
{
    /// <summary>One parameter per index (<see cref="SgdNaive"/>): any device.</summary>
    Naive,

    /// <summary>Vectors, a chunk per index (<see cref="SgdVector"/>): the CPU.</summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>Four neighbours per index (<see cref="SgdQuad"/>): GPUs.</summary>
    [RunsOn(DeviceNeed.Gpu)]
    Quad,
}
