namespace IlgpuCxr.Kernels.Loss;

/// <summary>The ways to compute a loss. There is one: a batch's logits are a few hundred numbers.</summary>
public enum LossAlgorithm
{
    /// <summary>One image per index: any device.</summary>
    Naive,
}
