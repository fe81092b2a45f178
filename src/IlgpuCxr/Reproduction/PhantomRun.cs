using IlgpuCxr.Training;

namespace IlgpuCxr.Reproduction;

/// <summary>How a row is trained on the phantoms, where that differs from the study.</summary>
/// <param name="Size">Edge of the network's input, in pixels.</param>
/// <param name="Epochs">Passes over the training images.</param>
/// <param name="Optimizer">The method and its rate.</param>
/// <param name="Batch">Images in a step.</param>
/// <param name="Dropout">Share of values dropped after the classifier's hidden layers; null for the study's.</param>
public sealed record PhantomRun(
    int Size, int Epochs, OptimizerOptions Optimizer, int Batch = 32, float? Dropout = null);
