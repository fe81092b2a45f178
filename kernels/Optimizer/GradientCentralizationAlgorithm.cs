namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The ways to centralize gradients.</summary>
public enum GradientCentralizationAlgorithm
{
    /// <summary>One row an index (<see cref="GradientCentralizationNaive"/>): any device.</summary>
    Naive,

    /// <summary>One row an index, in vectors (<see cref="GradientCentralizationVector"/>): the CPU.</summary>
    Vector,

    /// <summary>One row a group (<see cref="GradientCentralizationGroup"/>): GPUs.</summary>
    Group,
}
