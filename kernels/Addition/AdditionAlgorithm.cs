namespace IlgpuCxr.Kernels.Addition;

/// <summary>The ways to compute an addition.</summary>
public enum AdditionAlgorithm
{
    /// <summary>One output an index (<see cref="AdditionNaive"/>): any device.</summary>
    Naive,

    /// <summary>Vectors, a chunk an index (<see cref="AdditionVector"/>): the CPU.</summary>
    Vector,
}
