namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The ways to take a step of Adam.</summary>
public enum AdamAlgorithm
{
    /// <summary>One parameter an index (<see cref="AdamNaive"/>): any device.</summary>
    Naive,

    /// <summary>One chunk an index, in vectors (<see cref="AdamVector"/>): the CPU.</summary>
    Vector,

    /// <summary>Four neighbours an index (<see cref="AdamQuad"/>): GPUs.</summary>
    Quad,
}
