using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Stochastic gradient descent with momentum; <see cref="SgdReference"/> has the formula.</summary>
public static class Sgd
{
    /// <summary>One step over a block of parameters.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="parameters">The values, changed in place.</param>
    /// <param name="momentum">The momentum, changed in place; zero at first.</param>
    /// <param name="gradients">The gradients.</param>
    /// <param name="options">Learning rate and so on.</param>
    public static void Step(ComputeDevice device, ArrayView<float> parameters, ArrayView<float> momentum, ArrayView<float> gradients, in SgdOptions options)
    {
        SgdAlgorithm algorithm = device.Forced<SgdAlgorithm>() ?? (device.Kind == DeviceKind.Cpu ? SgdAlgorithm.Vector : SgdAlgorithm.Naive);
        using var timing = device.Timings.Measure(
            "sgd", TensorShape.Vector((int)parameters.Length), algorithm, 0, sizeof(float) * 5.0 * parameters.Length);
        if (algorithm == SgdAlgorithm.Vector)
            device.Launch(SgdVector.Step, Chunks.Of(parameters.Length), parameters, momentum, gradients, options);
        else
            device.Launch(SgdNaive.Step, (int)parameters.Length, parameters, momentum, gradients, options);
    }
}
