namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>What Adam can be told.</summary>
/// <param name="LearningRate">Size of a step.</param>
/// <param name="Beta1">Share of the mean gradient that is kept.</param>
/// <param name="Beta2">Share of the mean squared gradient that is kept.</param>
/// <param name="Epsilon">Keeps the divisor from zero.</param>
/// <param name="WeightDecay">Pull of the parameters towards zero.</param>
/// <param name="Decoupled">Whether the pull bypasses the averages (AdamW) or is part of the gradient (Adam).</param>
public readonly record struct AdamOptions(
    float LearningRate = 1e-3f, float Beta1 = 0.9f, float Beta2 = 0.999f, float Epsilon = 1e-8f, float WeightDecay = 0, bool Decoupled = false);
