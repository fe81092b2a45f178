using ILGPU;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Tests.Operators;

/// <summary>
/// Every operator, forward and backward, from host arrays to named results; on a device, or (null) by the reference.
/// </summary>
internal static class Compute
{
    /// <summary><c>accumulated</c> is the gradient added to the input, in place of another path's gradient.</summary>
    public static Results Convolution(
        ComputeDevice? device, in ConvolutionShape shape, float[] input, float[] weights, float[]? bias,
        float[] gradOutput) =>
        Run(
            new ConvolutionCase(shape, Wide(input), Wide(weights), bias is null ? [] : Wide(bias), Wide(gradOutput)),
            device);

    public static Results MaxPooling(
        ComputeDevice? device, in MaxPoolingShape shape, float[] input, float[] gradOutput,
        ElementType elements = ElementType.Single) =>
        Run(new MaxPoolingCase(shape, Wide(input), Wide(gradOutput)) { Elements = elements }, device);

    public static Results AdaptiveAveragePooling(
        ComputeDevice? device, in AdaptiveAveragePoolingShape shape, float[] input, float[] gradOutput,
        ElementType elements = ElementType.Single) =>
        Run(new AdaptiveAveragePoolingCase(shape, Wide(input), Wide(gradOutput)) { Elements = elements }, device);

    /// <summary>
    /// A training step from running statistics 0 and 1, its backward pass, then evaluation with the new statistics.
    /// </summary>
    public static Results BatchNorm(
        ComputeDevice? device, in BatchNormShape shape, float[] input, float[]? residual, float[] weight, float[] bias,
        float[] gradOutput, bool relu, bool inPlace = false, ElementType elements = ElementType.Single) =>
        Run(
            new BatchNormCase(
                shape, Wide(input), residual is null ? [] : Wide(residual), Wide(weight), Wide(bias), Wide(gradOutput),
                relu, inPlace)
            {
                Elements = elements,
            },
            device);

    public static Results Relu(
        ComputeDevice? device, float[] input, float[] gradOutput, bool inPlace = false,
        ElementType elements = ElementType.Single) =>
        Run(
            new ReluCase(TensorShape.Vector(input.Length), Wide(input), Wide(gradOutput), inPlace)
            {
                Elements = elements,
            },
            device);

    public static Results Addition(
        ComputeDevice? device, float[] a, float[] b, bool inPlace = false, ElementType elements = ElementType.Single) =>
        Run(
            new AdditionCase(TensorShape.Vector(a.Length), Wide(a), Wide(b), new double[a.Length], inPlace)
            {
                Elements = elements,
            },
            device);

    public static Results Dropout(
        ComputeDevice? device, float[] input, float[] gradOutput, DropoutMask mask, int step, bool inPlace = false,
        ElementType elements = ElementType.Single) =>
        Run(
            new DropoutCase(TensorShape.Vector(input.Length), Wide(input), Wide(gradOutput), mask, step, inPlace)
            {
                Elements = elements,
            },
            device);

    public static Results Linear(
        ComputeDevice? device, in LinearShape shape, float[] input, float[] weights, float[]? bias,
        float[] gradOutput) =>
        Run(
            new LinearCase(shape, Wide(input), Wide(weights), bias is null ? [] : Wide(bias), Wide(gradOutput)),
            device);

    public static Results SoftmaxCrossEntropy(ComputeDevice? device, LossShape shape, float[] logits, int[] targets) =>
        Run(new SoftmaxCrossEntropyCase(shape, Wide(logits), targets), device);

    public static Results BinaryCrossEntropy(ComputeDevice? device, LossShape shape, float[] logits, float[] targets) =>
        Run(new BinaryCrossEntropyCase(shape, Wide(logits), Wide(targets)), device);

    public static Results Focal(
        ComputeDevice? device, LossShape shape, float[] logits, float[] targets, FocalOptions options) =>
        Run(new FocalCase(shape, Wide(logits), Wide(targets), options), device);

    /// <summary>The parameters after each of some steps.</summary>
    public static List<double[]> Adam(
        ComputeDevice? device, float[] parameters, float[][] gradients, AdamOptions options)
    {
        var after = new List<double[]>();
        if (device is null)
        {
            double[] w = Wide(parameters), m = new double[w.Length], v = new double[w.Length];
            for (int step = 1; step <= gradients.Length; step++)
            {
                AdamReference.Step(w, m, v, Wide(gradients[step - 1]), step, options);
                after.Add([.. w]);
            }
            return after;
        }
        using var memory = new DeviceMemory(device);
        ArrayView<float> view = memory.Vector(parameters), mean = memory.Vector(new float[parameters.Length]);
        ArrayView<float> square = memory.Vector(new float[parameters.Length]);
        for (int i = 0; i < gradients.Length; i++)
        {
            ArrayView<float> gradient = memory.Vector(gradients[i]);
            int step = i + 1;
            memory.Run(() => Kernels.Optimizer.Adam.Step(device, view, mean, square, gradient, step, options));
            after.Add(memory.Read(view));
        }
        return after;
    }

    /// <summary>The parameters after each of some steps.</summary>
    public static List<double[]> Sgd(ComputeDevice? device, float[] parameters, float[][] gradients, SgdOptions options)
    {
        var after = new List<double[]>();
        if (device is null)
        {
            double[] w = Wide(parameters), buffer = new double[w.Length];
            foreach (float[] gradient in gradients)
            {
                SgdReference.Step(w, buffer, Wide(gradient), options);
                after.Add([.. w]);
            }
            return after;
        }
        using var memory = new DeviceMemory(device);
        ArrayView<float> view = memory.Vector(parameters), momentumBuffer = memory.Vector(new float[parameters.Length]);
        foreach (float[] gradient in gradients)
        {
            ArrayView<float> gradientView = memory.Vector(gradient);
            memory.Run(
                () =>
                    Kernels.Optimizer.Sgd.Step(
                        device, view, options.Momentum == 0 ? default : momentumBuffer, gradientView, options));
            after.Add(memory.Read(view));
        }
        return after;
    }

    /// <summary>Gradients of some rows of weights, centralized.</summary>
    public static double[] GradientCentralization(ComputeDevice? device, float[] gradients, int rows)
    {
        if (device is null)
        {
            double[] centralized = Wide(gradients);
            GradientCentralizationReference.Step(centralized, rows);
            return centralized;
        }
        using var memory = new DeviceMemory(device);
        ArrayView<float> view = memory.Vector(gradients);
        memory.Run(() => Kernels.Optimizer.GradientCentralization.Step(device, view, rows));
        return memory.Read(view);
    }

    private static Results Run(OperatorCase check, ComputeDevice? device) =>
        device is null ? check.Reference() : check.Compute(device);

    private static double[] Wide(float[] values) => DeviceMemory.Widen(values);
}
