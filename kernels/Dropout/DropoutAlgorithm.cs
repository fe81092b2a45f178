using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Dropout;

/// <summary>
/// The ways to compute dropout. Of VGG16's step it is a thousandth, so that the CPU has no fast kernel.
/// </summary>
public enum DropoutAlgorithm
{
    /// <summary>Four values per index (<see cref="DropoutNaive"/>): any device.</summary>
    Naive,

    /// <summary>
    /// Four values per index, moved as one (<see cref="DropoutQuad"/>): GPUs; naive where the length is no multiple of
    /// 4. Whatever is forced, this computes tensors of <see cref="ElementType.BFloat16"/>, which nothing else reads.
    /// </summary>
    [RunsOn(DeviceNeed.Gpu)]
    Quad,
}
