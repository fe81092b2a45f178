namespace IlgpuCxr.Kernels.Loss;

/// <summary>The ways to compute softmax cross entropy.</summary>
public enum SoftmaxCrossEntropyAlgorithm
{
    /// <summary>One image an index (<see cref="SoftmaxCrossEntropyNaive"/>): any device.</summary>
    Naive,
}
