namespace IlgpuCxr.Kernels.Activation;

/// <summary>The ways to compute a ReLU.</summary>
public enum ReluAlgorithm
{
    /// <summary>One element an index (<see cref="ReluNaive"/>): any device.</summary>
    Naive,

    /// <summary>One chunk an index, in vectors (<see cref="ReluVector"/>): the CPU.</summary>
    Vector,
}
