using System.Collections.Concurrent;
using ILGPU;
using IlgpuCxr.Data;
using IlgpuCxr.GradientChecks;
using IlgpuCxr.Kernels.Activation;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Image;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Kernels.Pooling;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.SelfTest;

/// <summary>Compares a device with the double-precision definitions of the operators, and with itself.</summary>
/// <remarks>It needs no file and no other device, so that one published program can say whether a machine computes rightly.</remarks>
public static class DeviceSelfTest
{
    private static readonly ConvolutionShape[] Convolutions = [.. ConvolutionShapes()];

    private static readonly BatchNormShape[] BatchNorms =
        [new(8, 1, 1, 4), new(3, 11, 13, 17), new(2, 9, 11, 36), new(3, 29, 23, 64), new(4, 56, 56, 64), new(8, 7, 7, 512)];

    // The first of these has tiles enough for their statistics to be joined twice.
    private static readonly ConvolutionShape[] NormalizedConvolutions =
        [new(11, 112, 112, 8, 64, 1, 1, 1, 0), new(2, 32, 32, 3, 64, 7, 7, 2, 3), new(2, 9, 7, 12, 20, 3, 3, 2, 1), new(4, 14, 14, 64, 128, 1, 1, 1, 0)];

    private static readonly MaxPoolingShape[] MaxPoolings =
        [new(2, 7, 5, 3, 3, 2, 1), new(1, 13, 11, 17, 3, 1, 1), new(3, 8, 6, 32, 2, 2, 0), new(2, 112, 112, 64, 3, 2, 1)];

    private static readonly string[] OtherOperators = ["batch-norm", "relu", "dropout", "addition", "max-pooling", "adaptive-average-pooling"];

    private static readonly string[] Losses = ["cross-entropy", "binary-cross-entropy", "focal"];

    // The bounds are of exponentials and logarithms rounded once; those of a GPU are off by a few units of the last place.
    private const double MostOfLosses = 16;

    /// <summary>Runs all checks, one after the other as they are asked for; one that fails with an exception does not keep the others from running.</summary>
    /// <param name="device">The device; its precision decides the bounds.</param>
    public static IEnumerable<SelfCheck> Run(ComputeDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        yield return Over("convolution of integers", Expected(device, [.. Convolutions.Where(shape => IsExact(device, shape))], exact: true), 0, convolution => convolution.Compare(device));
        yield return Over("convolution, errors over their bound", Expected(device, Convolutions, exact: false), 1, convolution => convolution.Compare(device));
        yield return Over("batch norm, three passes", BatchNorms, 1e-4, shape => BatchNorm(device, shape));
        yield return Over("batch norm with a convolution's statistics", NormalizedConvolutions, 1e-4, shape => NormalizedConvolution(device, shape));
        yield return Over("max pooling", MaxPoolings, 0, shape => MaxPooling(device, shape));
        yield return Over("relu, sgd", [1, 7, 4096, 100_003], 0, count => Elements(device, count));
        yield return Over("adam, gradient centralization", [1, 7, 4096, 100_003], 1e-5, count => Optimizers(device, count));
        yield return Over("other operators, errors over their bound", [.. OtherOperators.SelectMany(StandardCases.Of)], 1, definition => Case(device, definition));
        yield return Over("losses, errors over their bound", [.. Losses.SelectMany(StandardCases.Of)], device.Kind == DeviceKind.Cpu ? 1 : MostOfLosses, definition => Case(device, definition));
        yield return Over("image transform", [16, 33, 64], 0, size => Images(device, size));
        yield return Over("two runs of three training steps, bit for bit", [0], 0, _ => RepeatedSteps(device));
    }

    private static IEnumerable<ConvolutionShape> ConvolutionShapes()
    {
        foreach ((int c, int k) in new[] { (3, 5), (4, 8) })
            foreach ((int r, int s) in new[] { (1, 1), (3, 3), (7, 7), (3, 2) })
                for (int stride = 1; stride <= 3; stride++)
                    yield return new ConvolutionShape(2, 9, 7, c, k, r, s, stride, r / 2);
        foreach (int width in new[] { 63, 64, 65, 127, 128, 129 })
            yield return new ConvolutionShape(1, 1, width, 8, 12, 1, 1, 1, 0);
        yield return new ConvolutionShape(2, 5, 25, 32, 252, 1, 1, 1, 0);
        yield return new ConvolutionShape(2, 5, 25, 31, 251, 1, 1, 1, 0);
        yield return new ConvolutionShape(5, 1, 1, 600, 130, 1, 1, 1, 0);
        // The layers of ResNet18, on smaller images.
        yield return new ConvolutionShape(2, 32, 32, 3, 64, 7, 7, 2, 3);
        yield return new ConvolutionShape(2, 14, 14, 64, 64, 3, 3, 1, 1);
        yield return new ConvolutionShape(2, 14, 14, 64, 128, 3, 3, 2, 1);
        yield return new ConvolutionShape(2, 14, 14, 64, 128, 1, 1, 2, 0);
        yield return new ConvolutionShape(4, 7, 7, 128, 256, 3, 3, 1, 1);
    }

    private static SelfCheck Over<TShape>(string name, IReadOnlyCollection<TShape> shapes, double bound, Func<TShape, Deviation> check)
    {
        Deviation worst = 0;
        int failed = 0;
        foreach (TShape shape in shapes)
        {
            string text = shape switch
            {
                OperatorCase definition => $"{definition.Name} {definition.Shape}",
                Expectation expectation => expectation.Definition.Shape,
                _ => $"{shape}",
            };
            try
            {
                Deviation found = check(shape);
                failed += found.Size <= bound ? 0 : 1;
                worst = Deviation.Larger(worst, found with { Result = found.Result.Length > 0 ? $"{text}: {found.Result}" : text });
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Whatever a compiler or a driver throws is what the check was for.
                return new SelfCheck(name, shapes.Count, double.NaN, bound) { Failed = failed + 1, At = text, Exception = exception.ToString() };
            }
        }
        return new SelfCheck(name, shapes.Count, worst.Size, bound) { Failed = failed, At = worst.Result };
    }

    /// <summary>Convolutions with what the definition makes of them: in parallel, because that takes ten times as long as the kernels.</summary>
    private static Expectation[] Expected(ComputeDevice device, ConvolutionShape[] shapes, bool exact)
    {
        string[] algorithms = [.. shapes.Select(shape => ChosenFor(device, shape))];
        var expected = new Expectation[shapes.Length];
        // One at a time, the last first: those are the layers of a network, and most of the work.
        var order = Partitioner.Create(Enumerable.Range(0, shapes.Length).Reverse(), EnumerablePartitionerOptions.NoBuffering);
        Parallel.ForEach(order, i => expected[i] = Expected(device.Precision, shapes[i], algorithms[i], exact));
        return expected;
    }

    /// <summary>Errors of integers count as they are, others relative to their bound.</summary>
    /// <remarks>Rounding each factor of a product by a part u moves a sum by up to <c>(2u + u²) Σ |a b|</c>, besides what adding up in single precision does.</remarks>
    private static Expectation Expected(Precision precision, ConvolutionShape shape, string algorithm, bool exact)
    {
        double unit = precision switch
        {
            // The greatest error of Tf32Math's rounding, in units of 2⁻¹⁰, rounded up.
            Precision.Tf32 => 0.66 / (1 << 10),
            Precision.Bf16 => 1.0 / (1 << 8),
            _ => 0,
        };
        int seed = (int)shape.Weights.Count;
        Func<long, int, double[]> values = exact ? CheckValues.Integers : (count, s) => CheckValues.Uniform(count, s);
        double[] input = values(shape.Input.Count, seed), weights = values(shape.Weights.Count, seed + 1);
        double[] bias = values(shape.K, seed + 2), gradOutput = values(shape.Output.Count, seed + 3);
        var definition = new ConvolutionCase(shape, input, weights, bias, gradOutput);
        if (exact)
            return new Expectation(definition, definition.Reference(), (_, _) => 1);
        Results bounds = definition.Bounds(algorithm), magnitudes = definition.OfMagnitudes().Reference();
        return new Expectation(definition, definition.Reference(), (name, i) => bounds[name][i] + (2 * unit + unit * unit) * magnitudes[name][i]);
    }

    private static Deviation Worst(OperatorCase definition, ComputeDevice device, Func<string, int, double> scale) =>
        new Expectation(definition, definition.Reference(), scale).Compare(device);

    /// <summary>The largest difference of results from what they should be, each relative to its scale; NaN if one is no number.</summary>
    private static double Error(double[] results, double[] expected, Func<int, double> scale)
    {
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(results[i] - expected[i]);
            // A NaN must win, and a difference of 0 passes whatever the scale.
            worst = error == 0 ? worst : Math.Max(worst, error / scale(i));
        }
        return worst;
    }

    /// <summary>The largest difference relative to the largest value; NaN if one is no number.</summary>
    private static double Relative(double[] results, double[] expected)
    {
        double largest = expected.Max(Math.Abs);
        return Error(results, expected, _ => largest);
    }

    private static string ChosenFor(ComputeDevice device, ConvolutionShape shape) =>
        Kernels.Convolution.Convolution.Choose(device, shape).ToString().ToLowerInvariant();

    // The transforms of F(4x4, 3x3) have fractions that no float holds.
    private static bool IsExact(ComputeDevice device, ConvolutionShape shape) =>
        Kernels.Convolution.Convolution.Choose(device, shape) != ConvolutionAlgorithm.Winograd4;

    /// <summary>The largest error of outputs and gradients relative to the largest value of their tensor.</summary>
    private static double BatchNorm(ComputeDevice device, BatchNormShape shape)
    {
        using var memory = new DeviceMemory(device);
        // A mean of 3 standard deviations, so that a variance computed as mean(x²) - mean(x)² would fail.
        double[] x = CheckValues.Uniform(shape.Tensor.Count, 1, offset: 2), dy = CheckValues.Uniform(shape.Tensor.Count, 2);
        double[] weight = CheckValues.Uniform(shape.C, 3, offset: 1.5f), bias = CheckValues.Uniform(shape.C, 4);
        double[] y = new double[x.Length], dx = new double[x.Length], mean = new double[shape.C], inverseStd = new double[shape.C];
        double[] dw = new double[shape.C], db = new double[shape.C], runningMean = new double[shape.C], runningVar = new double[shape.C];
        BatchNormReference.ForwardTraining(y, mean, inverseStd, runningMean, runningVar, x, [], weight, bias, 0.1, 1e-5, relu: false, shape);
        BatchNormReference.Backward(dx, new double[x.Length], dw, db, dy, y, x, mean, inverseStd, weight, relu: false, shape);
        Tensor input = memory.Tensor(shape.Tensor, x), output = memory.Tensor(shape.Tensor), gradOutput = memory.Tensor(shape.Tensor, dy);
        Tensor gradInput = memory.Tensor(shape.Tensor);
        ArrayView<float> m = memory.Vector(shape.C), v = memory.Vector(shape.C), w = memory.Vector(weight), b = memory.Vector(bias);
        ArrayView<float> zeroMean = memory.Vector(new double[shape.C]), zeroVar = memory.Vector(new double[shape.C]);
        ArrayView<float> gradWeight = memory.Vector(shape.C), gradBias = memory.Vector(shape.C);
        memory.Run(() =>
        {
            Kernels.BatchNorm.BatchNorm.ForwardTraining(device, output, m, v, zeroMean, zeroVar, input, null, w, b, 0.1f, 1e-5f, relu: false, shape);
            Kernels.BatchNorm.BatchNorm.Backward(device, gradInput, null, gradWeight, gradBias, gradOutput, output, input, m, v, w, relu: false, shape);
        });
        double[] errors =
        [
            Relative(memory.Read(output), y), Relative(memory.Read(gradInput), dx), Relative(memory.Read(gradWeight), dw), Relative(memory.Read(gradBias), db),
            Relative(memory.Read(zeroMean), runningMean), Relative(memory.Read(zeroVar), runningVar),
        ];
        return errors.Aggregate(0.0, Math.Max);
    }

    /// <summary>Batch norm of a convolution's output with the statistics that come with it, against batch norm that reads them; relative to the largest value of each result.</summary>
    private static double NormalizedConvolution(ComputeDevice device, ConvolutionShape shape)
    {
        using var memory = new DeviceMemory(device);
        TensorShape sizes = shape.Output;
        var normalized = new BatchNormShape(sizes.N, sizes.H, sizes.W, sizes.C);
        Tensor input = memory.Tensor(shape.Input, CheckValues.Uniform(shape.Input.Count, 1, offset: 1)), output = memory.Tensor(sizes);
        ArrayView<float> weights = memory.Vector(CheckValues.Uniform(shape.Weights.Count, 2, offset: 0.25f));
        Tensor[] outputs = [memory.Tensor(sizes), memory.Tensor(sizes)];
        ArrayView<float>[] means = [memory.Vector(shape.K), memory.Vector(shape.K)], inverseStds = [memory.Vector(shape.K), memory.Vector(shape.K)];
        ArrayView<float> weight = memory.Vector(CheckValues.Uniform(shape.K, 3)), bias = memory.Vector(CheckValues.Uniform(shape.K, 4));
        ArrayView<float> runningMean = memory.Vector(new double[shape.K]), runningVar = memory.Vector(new double[shape.K]);
        memory.Run(() =>
        {
            Kernels.Convolution.Convolution.ForwardForBatchNorm(device, output, input, weights, shape);
            // The first uses up what the output carries.
            for (int i = 0; i < 2; i++)
            {
                Kernels.BatchNorm.BatchNorm.ForwardTraining(
                    device, outputs[i], means[i], inverseStds[i], runningMean, runningVar, output, null, weight, bias, 0.1f, 1e-5f, relu: false, normalized);
            }
        });
        double[] errors =
        [
            Relative(memory.Read(outputs[0]), memory.Read(outputs[1])),
            Relative(memory.Read(means[0]), memory.Read(means[1])),
            Relative(memory.Read(inverseStds[0]), memory.Read(inverseStds[1])),
        ];
        return errors.Aggregate(0.0, Math.Max);
    }

    // Few different values make many ties, which the first maximum must win.
    private static Deviation MaxPooling(ComputeDevice device, MaxPoolingShape shape) => Worst(
        new MaxPoolingCase(shape, CheckValues.Integers(shape.Input.Count, shape.C), CheckValues.Integers(shape.Output.Count, shape.C + 1)), device, (_, _) => 1);

    private static double Elements(ComputeDevice device, int count)
    {
        using var memory = new DeviceMemory(device);
        double[] x = CheckValues.Integers(count, 1), g = CheckValues.Integers(count, 2), y = new double[count], momentum = new double[count];
        TensorShape shape = TensorShape.Vector(count);
        Tensor input = memory.Tensor(shape, x), output = memory.Tensor(shape);
        ArrayView<float> parameters = memory.Vector(x), buffer = memory.Vector(momentum), gradients = memory.Vector(g);
        // Powers of two keep every sum exact.
        var options = new SgdOptions(0.5f, 0.5f, 0.25f);
        ReluReference.Forward(y, x);
        SgdReference.Step(x, momentum, g, options);
        memory.Run(() => Relu.Forward(device, output, input));
        Sgd.Step(device, parameters, buffer, gradients, options);
        return Math.Max(Error(memory.Read(output), y, _ => 1), Error(memory.Read(parameters), x, _ => 1));
    }

    private static Deviation Case(ComputeDevice device, OperatorCase definition)
    {
        Results bounds = definition.Bounds();
        return Worst(definition, device, (name, i) => bounds[name][i]);
    }

    private static double Optimizers(ComputeDevice device, int count)
    {
        using var memory = new DeviceMemory(device);
        double[] x = CheckValues.Uniform(count, 1), g = CheckValues.Uniform(count, 2), mean = new double[count], square = new double[count];
        ArrayView<float> parameters = memory.Vector(x), gradients = memory.Vector(g), m = memory.Vector(mean), v = memory.Vector(square);
        AdamReference.Step(x, mean, square, g, 1, AdamOptions.AdamW);
        GradientCentralizationReference.Step(g, rows: 1);
        Adam.Step(device, parameters, m, v, gradients, 1, AdamOptions.AdamW);
        GradientCentralization.Step(device, gradients, rows: 1);
        double[] errors = [Error(memory.Read(parameters), x, _ => 1), Error(memory.Read(m), mean, _ => 1), Error(memory.Read(v), square, _ => 1), Error(memory.Read(gradients), g, _ => 1)];
        return errors.Aggregate(0.0, Math.Max);
    }

    /// <summary>Gray and colour, rotated, cropped, enlarged and made smaller, flipped and not: bit for bit.</summary>
    private static double Images(ComputeDevice device, int size)
    {
        using var memory = new DeviceMemory(device);
        (ImageTransformReference.Bitmap Image, double Degrees, CropBox Crop, bool Flip)[] images =
        [
            (Picture(150, 100, 1), 17.5, new CropBox(3, 1, 140, 90), true),
            (Picture(71, 133, 3), -30, new CropBox(0, 20, 37, 49), false),
            (Picture(40, 40, 3), 0, new CropBox(0, 0, 40, 40), true),
        ];
        float[] expected = [.. images.SelectMany(i => ImageTransformReference.Forward(i.Image, i.Degrees, i.Crop, size, i.Flip))];
        long offset = 0;
        var parameters = new ImageTransformParameters[images.Length];
        for (int n = 0; n < images.Length; n++)
        {
            (ImageTransformReference.Bitmap image, double degrees, CropBox crop, bool flip) = images[n];
            parameters[n] = new ImageTransformParameters(
                offset, image.Width, image.Height, image.Channels, ImageRotation.ByDegrees(degrees, image.Width, image.Height), crop, flip ? 1 : 0);
            offset += image.Pixels.Length;
        }
        var shape = new ImageTransformShape(images.Length, size);
        Tensor output = memory.Tensor(shape.Output);
        ArrayView<byte> pixels = memory.Vector(images.SelectMany(i => i.Image.Pixels).ToArray());
        ArrayView<ImageTransformParameters> views = memory.Vector(parameters);
        memory.Run(() => ImageTransform.Forward(device, output, pixels, views, shape));
        return Error(memory.Read(output), DeviceMemory.Widen(expected), _ => 1);
    }

    private static ImageTransformReference.Bitmap Picture(int width, int height, int channels)
    {
        var image = new ImageTransformReference.Bitmap(width, height, channels);
        for (int i = 0; i < image.Pixels.Length; i++)
            image.Pixels[i] = (byte)(i * 7 + i / width * 13);
        return image;
    }

    /// <summary>The number of parameters of ResNet18 that differ between two runs of the same three steps, which one of them may record and launch as one.</summary>
    private static double RepeatedSteps(ComputeDevice device)
    {
        float[] first = ThreeSteps(device, oneByOne: false), second = ThreeSteps(device, oneByOne: true);
        return first.Zip(second).Count(pair => BitConverter.SingleToInt32Bits(pair.First) != BitConverter.SingleToInt32Bits(pair.Second) || float.IsNaN(pair.First));
    }

    private static float[] ThreeSteps(ComputeDevice device, bool oneByOne)
    {
        var shape = new TensorShape(4, 64, 64, 3);
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        network.Initialize(1);
        using var optimizer = new Optimizer(device, network, new OptimizerOptions { LearningRate = 0.01f, Momentum = 0.9f });
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer);
        using var memory = new DeviceMemory(device);
        ArrayView<float> images = memory.Vector(CheckValues.Uniform(shape.Count, 1)), loss = memory.Vector(1);
        using DeviceBuffer<int> targets = device.Allocate<int>(shape.N);
        device.Upload<int>(targets.View, [0, 1, 0, 1]);
        // What is timed launch by launch is not recorded.
        device.Timings.Enabled = oneByOne;
        for (int i = 0; i < 3; i++)
            step.Train(shape, tensor => device.Copy(tensor.View, images), new BatchTargets(targets.View, default), loss);
        device.Timings.Enabled = false;
        device.Timings.Clear();
        return device.Download(network.Store.Values);
    }

    /// <summary>An operator on one shape, what should come of it, and how much an error of an element counts.</summary>
    private sealed record Expectation(OperatorCase Definition, Results Expected, Func<string, int, double> Scale)
    {
        /// <summary>The largest difference of what the kernels compute from the definition, each relative to its scale, and in which result.</summary>
        public Deviation Compare(ComputeDevice device) => Definition.Compute(device)
            .Select(result => new Deviation(Error(result.Value, Expected[result.Key], i => Scale(result.Key, i)), result.Key)).Aggregate(Deviation.Larger);
    }
}
