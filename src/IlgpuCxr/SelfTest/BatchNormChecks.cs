using ILGPU;
using IlgpuCxr.GradientChecks;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;

namespace IlgpuCxr.SelfTest;

/// <summary>Batch norm in training against its definition, and with what a convolution says of its input.</summary>
internal static class BatchNormChecks
{
    /// <summary>Shapes of batch norm.</summary>
    public static readonly BatchNormShape[] Shapes =
        [
            new(8, 1, 1, 4), new(3, 11, 13, 17), new(2, 9, 11, 36), new(3, 29, 23, 64), new(4, 56, 56, 64),
            new(8, 7, 7, 512)];

    /// <summary>
    /// Convolutions before a batch norm; the first has tiles enough for their statistics to be merged twice.
    /// </summary>
    public static readonly ConvolutionShape[] NormalizedConvolutions =
        [
            new(11, 112, 112, 8, 64, 1, 1, 1, 0), new(2, 32, 32, 3, 64, 7, 7, 2, 3), new(2, 9, 7, 12, 20, 3, 3, 2, 1),
            new(4, 14, 14, 64, 128, 1, 1, 1, 0)];

    /// <summary>The largest error of outputs and gradients relative to the largest value of their tensor.</summary>
    public static double ThreePasses(ComputeDevice device, BatchNormShape shape)
    {
        using var memory = new DeviceMemory(device);
        // A mean of 3 standard deviations, so that a variance computed as mean(x²) - mean(x)² would fail.
        double[] x = CheckValues.Uniform(shape.Tensor.Count, 1, offset: 2);
        double[] dy = CheckValues.Uniform(shape.Tensor.Count, 2);
        double[] weight = CheckValues.Uniform(shape.C, 3, offset: 1.5f), bias = CheckValues.Uniform(shape.C, 4);
        double[] y = new double[x.Length], dx = new double[x.Length], mean = new double[shape.C];
        double[] inverseStd = new double[shape.C];
        double[] dw = new double[shape.C], db = new double[shape.C], runningMean = new double[shape.C];
        double[] runningVar = new double[shape.C];
        BatchNormReference.ForwardTraining(
            y, mean, inverseStd, runningMean, runningVar, x, [], weight, bias, BatchNormLayer.Momentum,
            BatchNormLayer.Epsilon, relu: false, shape);
        BatchNormReference.Backward(
            dx, new double[x.Length], dw, db, dy, y, x, mean, inverseStd, weight, relu: false, shape);
        Tensor input = memory.Tensor(shape.Tensor, x), output = memory.Tensor(shape.Tensor);
        Tensor gradOutput = memory.Tensor(shape.Tensor, dy);
        Tensor gradInput = memory.Tensor(shape.Tensor);
        ArrayView<float> m = memory.Vector(shape.C), v = memory.Vector(shape.C), w = memory.Vector(weight);
        ArrayView<float> b = memory.Vector(bias);
        ArrayView<float> zeroMean = memory.Vector(new double[shape.C]), zeroVar = memory.Vector(new double[shape.C]);
        ArrayView<float> gradWeight = memory.Vector(shape.C), gradBias = memory.Vector(shape.C);
        memory.Run(() =>
        {
            Kernels.BatchNorm.BatchNorm.ForwardTraining(
                device, output, m, v, zeroMean, zeroVar, input, null, w, b, BatchNormLayer.Momentum,
                BatchNormLayer.Epsilon, relu: false, shape);
            Kernels.BatchNorm.BatchNorm.Backward(
                device, gradInput, null, gradWeight, gradBias, gradOutput, null, input, m, v, w, b, relu: false, shape);
        });
        double[] errors =
        [
            Deviation.Relative(memory.Read(output), y), Deviation.Relative(memory.Read(gradInput), dx),
            Deviation.Relative(memory.Read(gradWeight), dw), Deviation.Relative(memory.Read(gradBias), db),
            Deviation.Relative(memory.Read(zeroMean), runningMean),
            Deviation.Relative(memory.Read(zeroVar), runningVar),
        ];
        return errors.Aggregate(0.0, Math.Max);
    }

    /// <summary>
    /// Batch norm of a convolution's output with the statistics that come with it, against batch norm that reads them;
    /// relative to the largest value of each result.
    /// </summary>
    public static double NormalizedConvolution(ComputeDevice device, ConvolutionShape shape)
    {
        using var memory = new DeviceMemory(device);
        TensorShape sizes = shape.Output;
        var normalized = new BatchNormShape(sizes.N, sizes.H, sizes.W, sizes.C);
        Tensor input = memory.Tensor(shape.Input, CheckValues.Uniform(shape.Input.Count, 1, offset: 1));
        ElementType elements = Kernels.Convolution.Convolution.OutputType(device, shape);
        Tensor output = memory.Tensor(sizes, elements);
        ArrayView<float> weights = memory.Vector(CheckValues.Uniform(shape.Weights.Count, 2, offset: 0.25f));
        Tensor[] outputs = [memory.Tensor(sizes, elements), memory.Tensor(sizes, elements)];
        ArrayView<float>[] means = [memory.Vector(shape.K), memory.Vector(shape.K)];
        ArrayView<float>[] inverseStds = [memory.Vector(shape.K), memory.Vector(shape.K)];
        ArrayView<float> weight = memory.Vector(CheckValues.Uniform(shape.K, 3));
        ArrayView<float> bias = memory.Vector(CheckValues.Uniform(shape.K, 4));
        ArrayView<float> runningMean = memory.Vector(new double[shape.K]);
        ArrayView<float> runningVar = memory.Vector(new double[shape.K]);
        memory.Run(() =>
        {
            Kernels.Convolution.Convolution.ForwardForBatchNorm(device, output, input, weights, shape);
            // The first uses up what the output carries.
            for (int i = 0; i < 2; i++)
            {
                Kernels.BatchNorm.BatchNorm.ForwardTraining(
                    device, outputs[i], means[i], inverseStds[i], runningMean, runningVar, output, null, weight, bias,
                    BatchNormLayer.Momentum, BatchNormLayer.Epsilon, relu: false, normalized);
            }
        });
        double[] errors =
        [
            // Of bfloat16 they may fall on either side of a rounding, where the statistics hardly differ.
            elements == ElementType.BFloat16 ? 0 : Deviation.Relative(memory.Read(outputs[0]), memory.Read(outputs[1])),
            Deviation.Relative(memory.Read(means[0]), memory.Read(means[1])),
            Deviation.Relative(memory.Read(inverseStds[0]), memory.Read(inverseStds[1])),
        ];
        return errors.Aggregate(0.0, Math.Max);
    }
}
