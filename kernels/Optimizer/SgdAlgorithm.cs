namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The ways to compute a step of stochastic gradient descent.</summary>
public enum SgdAlgorithm
{
    /// <summary>One parameter an index (<see cref="SgdNaive"/>): any device.</summary>
    Naive,

    /// <summary>Vectors, a chunk an index (<see cref="SgdVector"/>): the CPU.</summary>
    Vector,

    /// <summary>Four neighbours an index (<see cref="SgdQuad"/>): GPUs.</summary>
    Quad,
}
