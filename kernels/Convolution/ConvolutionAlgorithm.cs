namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The ways to compute a convolution.</summary>
public enum ConvolutionAlgorithm
{
    /// <summary>One output an index (<see cref="ConvolutionNaive"/>): any device, any shape.</summary>
    Naive,

    /// <summary>Register tiles over 128-bit vectors (<see cref="ConvolutionVector"/>): the CPU, any shape.</summary>
    Vector128,

    /// <summary>Register tiles over 256-bit vectors: the CPU, any shape.</summary>
    Vector256,

    /// <summary>Register tiles over 512-bit vectors: the CPU, any shape.</summary>
    Vector512,

    /// <summary>Tiles in shared memory and registers (<see cref="ConvolutionTiled"/>): GPUs, any shape.</summary>
    Tiled,

    /// <summary>The same on tensor cores (<see cref="TensorCoreGemm"/>), factors rounded to tf32: NVIDIA GPUs from sm_80, any shape.</summary>
    Tf32,

    /// <summary>The same on tensor cores, factors rounded to bfloat16: NVIDIA GPUs from sm_80, any shape.</summary>
    Bf16,
}
