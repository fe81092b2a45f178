using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Adam and AdamW; <see cref="AdamReference"/> has the formula.</summary>
/// <remarks>
/// See PyTorch's <see href="https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html">Adam</see> and
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html">AdamW</see>. As for
/// <see cref="Sgd"/>, the parameters of a whole network lie one after the other.
/// </remarks>
public static class Adam
{
    /// <summary>One step.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="parameters">Updated.</param>
    /// <param name="mean">The mean gradient, as long; zero before the first step, updated.</param>
    /// <param name="meanSquare">The mean squared gradient, as long; zero before the first step, updated.</param>
    /// <param name="gradients">As long.</param>
    /// <param name="step">Number of this step, from 1.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">Something is shorter or longer than the parameters.</exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Step(
        ComputeDevice device, ArrayView<float> parameters, ArrayView<float> mean, ArrayView<float> meanSquare,
        ArrayView<float> gradients, int step, in AdamOptions options)
    {
        Sizes.Require(device, mean, parameters.Length);
        Sizes.Require(device, meanSquare, parameters.Length);
        Sizes.Require(device, gradients, parameters.Length);
        AdamAlgorithm algorithm = Choose(device, parameters, mean, meanSquare, gradients);
        int count = parameters.IntLength;
        using var timing = device.Timings.Measure(
            "adam", TensorShape.Vector(count), algorithm, 0, sizeof(float) * 7.0 * count);
        var factors = new AdamStep(options, step);
        if (algorithm == AdamAlgorithm.Vector)
        {
            device.Launch(AdamVector.Step, CpuMemory.Chunks(count), parameters, mean, meanSquare, gradients, factors);
            return;
        }
        // As for SGD, whole quads first.
        int quads = algorithm == AdamAlgorithm.Quad ? count / 4 : 0, whole = 4 * quads;
        device.Launch(AdamQuad.Step, quads, parameters, mean, meanSquare, gradients, factors);
        device.Launch(AdamNaive.Step, count - whole,
            parameters.Rest(whole), mean.Rest(whole), meanSquare.Rest(whole), gradients.Rest(whole), factors);
    }

    /// <summary>The one place that chooses.</summary>
    private static AdamAlgorithm Choose(ComputeDevice device, params ReadOnlySpan<ArrayView<float>> views)
    {
        AdamAlgorithm algorithm = device.Forced<AdamAlgorithm>()
            ?? (device.Kind == DeviceKind.Cpu ? AdamAlgorithm.Vector : AdamAlgorithm.Quad);
        return algorithm == AdamAlgorithm.Quad && !Quads.AreAligned(views) ? AdamAlgorithm.Naive : algorithm;
    }
}
