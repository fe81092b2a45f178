namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The ways to take a step of SGD.</summary>
public enum SgdAlgorithm
{
    /// <summary>One parameter an index (<see cref="SgdNaive"/>): any device.</summary>
    Naive,

    /// <summary>One chunk an index, in vectors (<see cref="SgdVector"/>): the CPU.</summary>
    Vector,
}
