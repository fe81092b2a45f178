namespace IlgpuCxr.Kernels.Loss;

/// <summary>The ways to compute softmax and cross entropy: a batch has a few hundred logits, so there is nothing to be won by a second.</summary>
public enum SoftmaxCrossEntropyAlgorithm
{
    /// <summary>One row an index (<see cref="SoftmaxCrossEntropyNaive"/>): any device, any shape.</summary>
    Naive,
}
