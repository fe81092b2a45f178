using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Linear;

/// <summary>The ways to compute a linear layer.</summary>
public enum LinearAlgorithm
{
    /// <summary>One output per index (<see cref="LinearNaive"/>): any device, any shape.</summary>
    Naive,

    /// <summary>
    /// Every weight read once, in the order of memory (<see cref="LinearVector"/>): the CPU, in batches of up to 64
    /// rows, and for the gradient of the weights in any.
    /// </summary>
    [RunsOn(DeviceNeed.Cpu)]
    Vector,

    /// <summary>
    /// The convolution that a linear layer is, a 1x1 filter over images of one pixel, with whatever algorithm the
    /// convolution chooses: any device, any shape. Whatever is forced, this computes tensors of
    /// <see cref="ElementType.BFloat16"/>.
    /// </summary>
    Convolution,
}
