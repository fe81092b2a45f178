using ILGPU;
using ILGPU.Runtime;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Gradient centralization; <see cref="GradientCentralizationReference"/> has the formula.</summary>
public static class GradientCentralization
{
    // Eight groups fill a multiprocessor's 2048 threads, at 32 registers per thread.
    internal static KernelSpecialization Specialization => new(GradientCentralizationGroup.Threads, 8);

    /// <summary>Takes from the gradients of each output's weights their mean.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradients"><c>[rows, length]</c>, changed in place.</param>
    /// <param name="rows">Outputs of the layer.</param>
    /// <exception cref="ArgumentException">The gradients are no such rows, or there are none.</exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Step(ComputeDevice device, ArrayView<float> gradients, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        int length = gradients.IntLength / rows;
        Sizes.RequireElements(TensorShape.Matrix(rows, length));
        Sizes.Require(device, gradients, (long)rows * length);
        GradientCentralizationAlgorithm algorithm = Choose(device);
        using var timing = device.Timings.Measure(
            "gradient centralization", TensorShape.Vector(gradients.IntLength), algorithm, 2.0 * gradients.Length,
            sizeof(float) * 3.0 * gradients.Length);
        if (algorithm == GradientCentralizationAlgorithm.Vector)
            device.Launch(GradientCentralizationVector.Step, rows, gradients, length);
        else if (algorithm == GradientCentralizationAlgorithm.Group)
            device.LaunchGrouped(
                GradientCentralizationGroup.Step, new Index2D(rows, 1), Specialization, gradients, length);
        else
            device.Launch(GradientCentralizationNaive.Step, rows, gradients, length);
    }

    /// <summary>The one place that chooses.</summary>
    private static GradientCentralizationAlgorithm Choose(ComputeDevice device) =>
        device.Forced<GradientCentralizationAlgorithm>()
        ?? (device.Kind == DeviceKind.Cpu
            ? GradientCentralizationAlgorithm.Vector
            : GradientCentralizationAlgorithm.Group);
}
