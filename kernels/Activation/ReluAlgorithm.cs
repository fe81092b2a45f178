using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Activation;

/// <summary>The ways to compute a ReLU.</summary>
public enum ReluAlgorithm
{
    /// <summary>One output per index (<see cref="ReluNaive"/>): any device.</summary>
    Naive,

    /// <summary>Vectors, a chunk per index (<see cref="ReluVector"/>): the CPU.</summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>
    /// Four neighbours per index (<see cref="ReluQuad"/>): GPUs; naive where the length is no multiple of 4.
    /// Whatever is forced, this computes tensors of <see cref="ElementType.BFloat16"/>, which nothing else reads.
    /// </summary>
    [RunsOn(DeviceNeed.Gpu)]
    Quad,
}
