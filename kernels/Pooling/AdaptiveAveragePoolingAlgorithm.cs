using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>The ways to compute an adaptive average pooling.</summary>
public enum AdaptiveAveragePoolingAlgorithm
{
    /// <summary>One output per index (<see cref="AdaptiveAveragePoolingNaive"/>): any device, any shape.</summary>
    Naive,

    /// <summary>
    /// Vectors of channels, a pixel or a row of pixels per index (<see cref="AdaptiveAveragePoolingVector"/>): the CPU,
    /// any shape.
    /// </summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>
    /// Four channels of a pixel per index (<see cref="AdaptiveAveragePoolingQuad"/>): GPUs, channels that are a
    /// multiple of 4; others are computed as <see cref="Naive"/>. Whatever is forced, this computes
    /// with inputs of <see cref="ElementType.BFloat16"/>, which nothing else reads.
    /// </summary>
    [RunsOn(DeviceNeed.Gpu)]
    Quad,
}
