using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>The ways to compute a maximum pooling.</summary>
public enum MaxPoolingAlgorithm
{
    /// <summary>One output per index (<see cref="MaxPoolingNaive"/>): any device, any shape.</summary>
    Naive,

    /// <summary>
    /// Vectors of channels, a row of pixels per index (<see cref="MaxPoolingVector"/>): the CPU, any shape.
    /// </summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>
    /// Four channels of a pixel per index (<see cref="MaxPoolingQuad"/>): GPUs, channels that are a multiple of 4;
    /// others are computed as <see cref="Naive"/>. Whatever is forced, this computes tensors of
    /// <see cref="ElementType.BFloat16"/>, which nothing else reads.
    /// </summary>
    [RunsOn(DeviceNeed.Gpu)]
    Quad,
}
