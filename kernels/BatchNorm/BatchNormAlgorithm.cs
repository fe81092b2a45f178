using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>The ways to compute a batch normalisation.</summary>
public enum BatchNormAlgorithm
{
    /// <summary>One channel or one output per index (<see cref="BatchNormNaive"/>): any device, any shape.</summary>
    Naive,

    /// <summary>
    /// Vectors of channels, a chunk of pixels per index (<see cref="BatchNormVector"/>): the CPU, any shape.
    /// </summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>
    /// Four channels per thread, sums in slices (<see cref="BatchNormQuad"/>): GPUs; naive where the channels are no
    /// multiple of 4. Whatever is forced, this computes tensors of <see cref="ElementType.BFloat16"/>, which nothing
    /// else reads.
    /// </summary>
    [RunsOn(DeviceNeed.Gpu)]
    Quad,

    /// <summary>
    /// As <see cref="Quad"/>, with the statistics that block tiles of the convolution before it wrote, where they did.
    /// </summary>
    [RunsOn(DeviceNeed.Gpu)]
    FusedStatistics,
}
