using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Adam and AdamW; <see cref="AdamReference"/> has the formula.</summary>
public static class Adam
{
    /// <summary>One step over a block of parameters.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="parameters">The values, changed in place.</param>
    /// <param name="mean">The mean gradient, changed in place; zero at first.</param>
    /// <param name="meanSquare">The mean squared gradient, changed in place; zero at first.</param>
    /// <param name="gradients">The gradients.</param>
    /// <param name="step">Number of this step, from 1.</param>
    /// <param name="options">Learning rate and so on.</param>
    public static void Step(
        ComputeDevice device, ArrayView<float> parameters, ArrayView<float> mean, ArrayView<float> meanSquare, ArrayView<float> gradients,
        int step, in AdamOptions options)
    {
        AdamAlgorithm algorithm = device.Forced<AdamAlgorithm>() ?? (device.Kind == DeviceKind.Cpu ? AdamAlgorithm.Vector : AdamAlgorithm.Naive);
        using var timing = device.Timings.Measure(
            "adam", TensorShape.Vector((int)parameters.Length), algorithm, 0, sizeof(float) * 7.0 * parameters.Length);
        var factors = new AdamStep(options, step);
        if (algorithm == AdamAlgorithm.Vector)
            device.Launch(AdamVector.Step, CpuMemory.Chunks(parameters.Length), parameters, mean, meanSquare, gradients, factors);
        else
            device.Launch(AdamNaive.Step, (int)parameters.Length, parameters, mean, meanSquare, gradients, factors);
    }
}
