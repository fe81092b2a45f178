using ILGPU;
using IlgpuCxr.GradientChecks;
using IlgpuCxr.Kernels.Activation;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Optimizer;

namespace IlgpuCxr.SelfTest;

/// <summary>Operators that treat each element alone.</summary>
internal static class ElementChecks
{
    /// <summary>ReLU and SGD, on integers: the largest error.</summary>
    public static double Elements(ComputeDevice device, int count)
    {
        using var memory = new DeviceMemory(device);
        double[] x = CheckValues.Integers(count, 1), g = CheckValues.Integers(count, 2), y = new double[count];
        double[] momentum = new double[count];
        TensorShape shape = TensorShape.Vector(count);
        Tensor input = memory.Tensor(shape, x), output = memory.Tensor(shape);
        ArrayView<float> parameters = memory.Vector(x), buffer = memory.Vector(momentum), gradients = memory.Vector(g);
        // Powers of two keep every sum exact.
        var options = new SgdOptions(0.5f, 0.5f, 0.25f);
        ReluReference.Forward(y, x);
        SgdReference.Step(x, momentum, g, options);
        memory.Run(() => Relu.Forward(device, output, input));
        Sgd.Step(device, parameters, buffer, gradients, options);
        return Math.Max(
            Deviation.Error(memory.Read(output), y, _ => 1), Deviation.Error(memory.Read(parameters), x, _ => 1));
    }

    /// <summary>AdamW and the centralization of gradients: the largest error.</summary>
    public static double Optimizers(ComputeDevice device, int count)
    {
        using var memory = new DeviceMemory(device);
        double[] x = CheckValues.Uniform(count, 1), g = CheckValues.Uniform(count, 2), mean = new double[count];
        double[] square = new double[count];
        ArrayView<float> parameters = memory.Vector(x), gradients = memory.Vector(g), m = memory.Vector(mean);
        ArrayView<float> v = memory.Vector(square);
        // Several rows where they come out even, and one long one where not.
        int rows = count % 8 == 0 ? 8 : 1;
        AdamReference.Step(x, mean, square, g, 1, AdamOptions.AdamW);
        GradientCentralizationReference.Step(g, rows);
        Adam.Step(device, parameters, m, v, gradients, 1, AdamOptions.AdamW);
        GradientCentralization.Step(device, gradients, rows);
        double[] errors =
        [
            Deviation.Error(memory.Read(parameters), x, _ => 1), Deviation.Error(memory.Read(m), mean, _ => 1),
            Deviation.Error(memory.Read(v), square, _ => 1), Deviation.Error(memory.Read(gradients), g, _ => 1),
        ];
        return errors.Aggregate(0.0, Math.Max);
    }
}
