using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Addition;

/// <summary>The ways to compute an addition.</summary>
public enum AdditionAlgorithm
{
    /// <summary>One output per index (<see cref="AdditionNaive"/>): any device.</summary>
    Naive,

    /// <summary>Vectors, a chunk per index (<see cref="AdditionVector"/>): the CPU.</summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>
    /// Four neighbours per index (<see cref="AdditionQuad"/>): GPUs; naive where the length is no multiple of 4.
    /// Whatever is forced, this computes tensors of <see cref="ElementType.BFloat16"/>, which nothing else reads.
    /// </summary>
    [RunsOn(DeviceNeed.Gpu)]
    Quad,
}
