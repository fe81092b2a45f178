using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Stochastic gradient descent with momentum; <see cref="SgdReference"/> has the formula.</summary>
/// <remarks>
/// See PyTorch's <see href="https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html">SGD</see>. The
/// parameters of a whole network lie one after the other, so a step is one launch; on a GPU a second one takes what is
/// left after whole quads.
/// </remarks>
public static class Sgd
{
    /// <summary>One step.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="parameters">Updated.</param>
    /// <param name="momentumBuffer">
    /// As long, zero before the first step, updated; may be empty when there is no momentum.
    /// </param>
    /// <param name="gradients">As long.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">Something is shorter or longer than the parameters.</exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Step(
        ComputeDevice device, ArrayView<float> parameters, ArrayView<float> momentumBuffer, ArrayView<float> gradients,
        in SgdOptions options)
    {
        if (options.Momentum != 0)
            Sizes.Require(device, momentumBuffer, parameters.Length);
        else
            Sizes.RequireOrEmpty(device, momentumBuffer, parameters.Length);
        Sizes.Require(device, gradients, parameters.Length);
        SgdAlgorithm algorithm = Choose(device, parameters, momentumBuffer, gradients);
        int count = parameters.IntLength, passes = options.Momentum != 0 ? 5 : 3, nesterov = options.Nesterov ? 1 : 0;
        using var timing = device.Timings.Measure(
            "sgd", TensorShape.Vector(count), algorithm, 6.0 * count, (double)passes * sizeof(float) * count);
        if (algorithm == SgdAlgorithm.Vector)
        {
            device.Launch(SgdVector.Step, CpuMemory.Chunks(count),
                parameters, momentumBuffer, gradients, options.LearningRate, options.Momentum, options.WeightDecay,
                nesterov);
            return;
        }
        // Whole quads first: the parameters of a network need not be a multiple of four.
        int quads = algorithm == SgdAlgorithm.Quad ? count / 4 : 0, whole = 4 * quads;
        device.Launch(SgdQuad.Step, quads,
            parameters, momentumBuffer, gradients, options.LearningRate, options.Momentum, options.WeightDecay,
            nesterov);
        device.Launch(SgdNaive.Step, count - whole,
            parameters.Rest(whole), momentumBuffer.Rest(whole), gradients.Rest(whole), options.LearningRate,
            options.Momentum, options.WeightDecay, nesterov);
    }

    /// <summary>The one place that chooses.</summary>
    private static SgdAlgorithm Choose(ComputeDevice device, params ReadOnlySpan<ArrayView<float>> views)
    {
        SgdAlgorithm algorithm = device.Forced<SgdAlgorithm>()
            ?? (device.Kind == DeviceKind.Cpu ? SgdAlgorithm.Vector : SgdAlgorithm.Quad);
        return algorithm == SgdAlgorithm.Quad && !Quads.AreAligned(views) ? SgdAlgorithm.Naive : algorithm;
    }
}
