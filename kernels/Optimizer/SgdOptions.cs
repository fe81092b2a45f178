namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>What stochastic gradient descent can be told.</summary>
/// <param name="LearningRate">Size of a step.</param>
/// <param name="Momentum">Share of the last step's direction that is kept.</param>
/// <param name="WeightDecay">Pull of the parameters towards zero.</param>
/// <param name="Nesterov">Whether the gradient is taken to be that of the next position.</param>
public readonly record struct SgdOptions(float LearningRate, float Momentum = 0, float WeightDecay = 0, bool Nesterov = false);
