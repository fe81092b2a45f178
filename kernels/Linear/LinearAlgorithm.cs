namespace IlgpuCxr.Kernels.Linear;

/// <summary>The ways to compute a linear layer.</summary>
public enum LinearAlgorithm
{
    /// <summary>One output an index (<see cref="LinearNaive"/>): any device.</summary>
    Naive,

    /// <summary>As a convolution with a 1x1 window over images of one pixel, which is the same sum, on its fastest kernel.</summary>
    Convolution,
}
