namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The ways to compute a convolution.</summary>
public enum ConvolutionAlgorithm
{
    /// <summary>One output an index (<see cref="ConvolutionNaive"/>): any device, any shape.</summary>
    Naive,

    /// <summary>Register tiles over vectors (<see cref="ConvolutionVector"/>): the CPU, any shape.</summary>
    Vector,

    /// <summary>Tiles in shared memory and registers (<see cref="ConvolutionTiled"/>): GPUs, any shape.</summary>
    Tiled,
}
