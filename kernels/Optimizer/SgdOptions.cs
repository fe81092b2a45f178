namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The settings of a step of stochastic gradient descent.</summary>
/// <param name="LearningRate">Length of the step.</param>
/// <param name="Momentum">Share of the previous direction that is kept; 0 for none.</param>
/// <param name="WeightDecay">Strength of the pull towards 0 (the gradient of an L2 penalty).</param>
/// <param name="Nesterov">Whether to look ahead along the momentum.</param>
public readonly record struct SgdOptions(
    float LearningRate, float Momentum = 0, float WeightDecay = 0, bool Nesterov = false);
