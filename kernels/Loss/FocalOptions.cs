namespace IlgpuCxr.Kernels.Loss;

/// <summary>The settings of the focal loss.</summary>
/// <param name="Alpha">Weight of the positive class; the negative class has 1 - alpha.</param>
/// <param name="Gamma">
/// How strongly well-classified logits are played down; 0 gives weighted binary cross entropy.
/// </param>
/// <param name="Mean">Whether to average over batch and classes; the study sums.</param>
public readonly record struct FocalOptions(float Alpha, float Gamma, bool Mean)
{
    /// <summary>The study's: alpha .25, gamma 2, summed.</summary>
    public static FocalOptions Study => new(Alpha: 0.25f, Gamma: 2, Mean: false);
}
