namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The settings of a step of Adam or AdamW.</summary>
/// <param name="LearningRate">Size of a step.</param>
/// <param name="Beta1">Share of the mean gradient that is kept.</param>
/// <param name="Beta2">Share of the mean squared gradient that is kept.</param>
/// <param name="Epsilon">Keeps the divisor from zero.</param>
/// <param name="WeightDecay">Pull of the parameters towards zero.</param>
/// <param name="Decoupled">Whether the pull bypasses the averages (AdamW) or is part of the gradient (Adam).</param>
public readonly record struct AdamOptions(
    float LearningRate, float Beta1, float Beta2, float Epsilon, float WeightDecay, bool Decoupled)
{
    /// <summary>PyTorch's defaults for Adam.</summary>
    public static AdamOptions Adam =>
        new(LearningRate: 1e-3f, Beta1: 0.9f, Beta2: 0.999f, Epsilon: 1e-8f, WeightDecay: 0, Decoupled: false);

    /// <summary>PyTorch's defaults for AdamW.</summary>
    public static AdamOptions AdamW => Adam with { WeightDecay = 0.01f, Decoupled = true };
}
