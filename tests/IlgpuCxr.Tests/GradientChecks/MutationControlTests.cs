using ILGPU;
using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Linear;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Pooling;
using IlgpuCxr.Layers;
using IlgpuCxr.Tests.Operators;

namespace IlgpuCxr.Tests.GradientChecks;

/// <summary>
/// The checks find what is wrong: gradients and kernels with one deliberate fault each must fail, and the same without
/// it must pass.
/// </summary>
public sealed class MutationControlTests
{
    private static readonly Dictionary<string, Func<double[], double[]>> wrongGradients = new()
    {
        ["a factor of 1.00001"] = gradient => Array.ConvertAll(gradient, value => value * 1.00001),
        ["two elements exchanged"] = gradient => [gradient[1], gradient[0], .. gradient[2..]],
        ["shifted by one"] = gradient => [.. gradient[1..], gradient[0]],
        ["nothing"] = gradient => new double[gradient.Length],
        ["the wrong sign"] = gradient => Array.ConvertAll(gradient, value => -value),
        ["one element missing"] = gradient => [0, .. gradient[1..]],
        ["not a number"] = gradient => [double.NaN, .. gradient[1..]],
    };

    private static IEnumerable<string> WrongGradients => wrongGradients.Keys;

    // The greatest element first, so that a missing one is not a small one.
    private static readonly LinearShape linear = new(N: 3, In: 7, Out: 5);

    [Test]
    public void A_wrong_gradient_of_a_reference_is_found([ValueSource(nameof(WrongGradients))] string fault)
    {
        OperatorCase right = Linear(), wrong = new WrongReference(Linear(), wrongGradients[fault]);
        Assert.That(GradientChecker.CheckGradients(right).Right, Is.True);
        Assert.That(GradientChecker.CheckGradients(wrong).Right, Is.False);
    }

    [Test]
    public void A_gradient_that_is_zero_everywhere_is_right_where_the_differences_are_too()
    {
        var dead = new ReluCase(TensorShape.Vector(3), [-1, -2, -3], [1, 2, 3]);
        Assert.That(GradientChecker.CheckGradients(dead), Is.EqualTo(new NumericReport(0, "")));
    }

    [Test]
    public void The_plain_sum_as_a_loss_would_find_no_fault_in_batch_norm()
    {
        // Why checks project on a random vector: here the right gradient is 0, and so is that of kernels that return
        // nothing.
        var shape = new BatchNormShape(N: 2, H: 5, W: 3, C: 4);
        var check = new BatchNormCase(
            shape, CheckValues.Uniform(shape.Tensor.Count, 1), [], CheckValues.Uniform(4, 2), CheckValues.Uniform(4, 3),
            [.. Enumerable.Repeat(1.0, (int)shape.Tensor.Count)], relu: false);
        Assert.That(check.Reference()["grad_input"], Is.All.EqualTo(0).Within(1e-12));
    }

    private static IEnumerable<TestCaseData> WrongKernels()
    {
        yield return Fault(
            "convolution: the last channel's term is dropped", Convolution(), "output", (device, memory, results) =>
            device.Launch(
                Wrong.DroppedTerm, (int)convolution.Output.Count, results, memory.Vector(input), memory.Vector(weight),
                memory.Vector(bias), convolution));
        yield return Fault(
            "convolution: rows and columns of the filter are exchanged", Convolution(), "output",
            (device, memory, results) =>
            device.Launch(
                Wrong.TransposedFilter, (int)convolution.Output.Count, results, memory.Vector(input),
                memory.Vector(weight), memory.Vector(bias), convolution));
        yield return Fault(
            "convolution: the first row of the image counts as padding", Convolution(), "output",
            (device, memory, results) =>
            device.Launch(
                Wrong.PaddingEdge, (int)convolution.Output.Count, results, memory.Vector(input), memory.Vector(weight),
                memory.Vector(bias), convolution));
        yield return Fault(
            "convolution: the weights' gradient leaves out the last image", Convolution(), "grad_weight",
            (device, memory, results) =>
            device.Launch(
                ConvolutionNaive.BackwardWeights, (int)convolution.Weights.Count, results,
                memory.Vector(Convolution().GradOutput), memory.Vector(input),
                convolution with { N = convolution.N - 1 }));
        yield return Fault(
            "convolution: the input's gradient overwrites what it should be added to", Convolution(), "accumulated",
            (device, memory, results) =>
            device.Launch(
                ConvolutionNaive.BackwardData, (int)convolution.Input.Count, results,
                memory.Vector(Convolution().GradOutput), memory.Vector(weight), 0, default(ArrayView<float>),
                convolution));
        yield return Fault("batch norm: epsilon is 1e-6", BatchNorm(), "inverse_std", (device, memory, results) =>
            device.Launch(BatchNormNaive.InverseStd, batchNorm.C, results, memory.Vector(Variances()), 1e-6f));
        yield return Fault(
            "batch norm: the running variance is divided by N instead of N - 1", BatchNorm(), "running_var",
            (device, memory, results) =>
            device.Launch(Wrong.BiasedRunningVariance, batchNorm.C, results, memory.Vector(Variances())));
        yield return Fault(
            "batch norm: the gradient forgets that the mean depends on the input", BatchNorm(), "grad_input",
            (device, memory, results) =>
        {
            Results right = BatchNorm().Reference();
            device.Launch(
                BatchNormNaive.GradInput, (int)batchNorm.Tensor.Count, results, memory.Vector(BatchNorm().GradOutput),
                default(ArrayView<float>), memory.Vector(BatchNorm().Operands[0].Values),
                new BatchNormChannels(
                    memory.Vector(right["mean"]), memory.Vector(right["inverse_std"]),
                    memory.Vector(BatchNorm().Operands[1].Values), default),
                0,
                memory.Vector([.. new double[batchNorm.C], .. right["grad_weight"]]), batchNorm);
        });
        yield return Fault(
            "max pooling: of equal pixels the last is taken", MaxPooling(), "positions", (device, memory, results) =>
            device.Launch(
                Wrong.LastMaximum, (int)maxPooling.Output.Count, results,
                memory.Vector(MaxPooling().Operands[0].Values), maxPooling));
        yield return Fault(
            "cross entropy: the gradient is not divided by the batch", CrossEntropy(), "grad_logits",
            (device, memory, results) =>
            device.Launch(
                Wrong.Scale, loss.N * loss.C, results, memory.Vector(CrossEntropy().Reference()["grad_logits"]),
                (float)loss.N));
        yield return Fault("linear: an element is never written", Linear(), "grad_input", (device, memory, results) =>
            device.Launch(
                Wrong.Scale, linear.N * linear.In - 1, results, memory.Vector(Linear().Reference()["grad_input"]), 1f));
    }

    [TestCaseSource(nameof(WrongKernels))]
    public void A_wrong_kernel_is_found(OperatorCase right, OperatorCase wrong, string result)
    {
        using ComputeDevice device = Implementation.Naive.Open()!;
        Assert.That(GradientChecker.CheckKernels(right, device, "naive").Right, Is.True);
        KernelReport report = GradientChecker.CheckKernels(wrong, device, "naive");
        Assert.That(report.Right, Is.False);
        Assert.That(report.Result, Is.EqualTo(result));
    }

    private static readonly ConvolutionShape convolution = new(
        N: 2, H: 7, W: 6, C: 5, K: 4, R: 3, S: 2, Stride: 2, Padding: 1);
    private static readonly double[] input = CheckValues.Uniform(convolution.Input.Count, 1);
    private static readonly double[] weight = CheckValues.Uniform(convolution.Weights.Count, 2);
    private static readonly double[] bias = CheckValues.Uniform(convolution.K, 3);
    private static readonly BatchNormShape batchNorm = new(N: 2, H: 5, W: 3, C: 4);
    private static readonly MaxPoolingShape maxPooling = new(N: 2, H: 7, W: 5, C: 3, Window: 3, Stride: 2, Padding: 1);
    private static readonly LossShape loss = new(N: 5, C: 4);

    private static ConvolutionCase Convolution() =>
        new(convolution, input, weight, bias, CheckValues.Uniform(convolution.Output.Count, 4));

    private static LinearCase Linear() => new(
        linear, CheckValues.Uniform(linear.Input.Count, 1), CheckValues.Uniform(linear.Weights.Count, 2),
        CheckValues.Uniform(linear.Out, 3), CheckValues.Uniform(linear.Output.Count, 4));

    private static BatchNormCase BatchNorm() => new(
        batchNorm, CheckValues.Uniform(batchNorm.Tensor.Count, 1), [],
        CheckValues.Uniform(batchNorm.C, 2, offset: 1.5f), CheckValues.Uniform(batchNorm.C, 3),
        CheckValues.Uniform(batchNorm.Tensor.Count, 4), relu: false);

    // Few different values make many ties.
    private static MaxPoolingCase MaxPooling() => new(
        maxPooling, DeviceMemory.Widen(TestData.Integers(maxPooling.Input, 1, limit: 1)),
        CheckValues.Uniform(maxPooling.Output.Count, 2));

    private static SoftmaxCrossEntropyCase CrossEntropy() => new(loss, CheckValues.Uniform(20, 1), [0, 3, 1, 1, 2]);

    private static double[] Variances() =>
        Array.ConvertAll(BatchNorm().Reference()["inverse_std"], rstd => 1 / (rstd * rstd) - BatchNormLayer.Epsilon);

    private delegate void Launch(ComputeDevice device, DeviceMemory memory, ArrayView<float> results);

    private static TestCaseData Fault(string name, OperatorCase right, string result, Launch launch) =>
        new TestCaseData(right, new WrongKernel(right, result, launch), result).SetArgDisplayNames(name);

    /// <summary>A right case, but for the gradient of its first operand.</summary>
    private sealed class WrongReference(OperatorCase right, Func<double[], double[]> spoil)
        : OperatorCase(right.Name, right.Shape, right.GradOutput, right.Operands)
    {
        public override IReadOnlyList<string> Algorithms => right.Algorithms;

        public override double[] Forward() => right.Forward();

        public override Results Reference()
        {
            Results results = right.Reference();
            results[Operands[0].Gradient] = spoil(results[Operands[0].Gradient]);
            return results;
        }

        public override Results Bounds() => right.Bounds();

        public override Results Compute(ComputeDevice device) => right.Compute(device);
    }

    /// <summary>A right case, but for the kernel of one result.</summary>
    private sealed class WrongKernel(OperatorCase right, string result, Launch launch)
        : OperatorCase(right.Name, right.Shape, right.GradOutput, right.Operands)
    {
        public override IReadOnlyList<string> Algorithms => right.Algorithms;

        public override double[] Forward() => right.Forward();

        public override Results Reference() => right.Reference();

        public override Results Bounds() => right.Bounds();

        public override Results Compute(ComputeDevice device)
        {
            Results results = right.Compute(device);
            using var memory = new DeviceMemory(device);
            ArrayView<float> wrong = memory.Vector(results[result].Length);
            launch(device, memory, wrong);
            results[result] = memory.Read(wrong);
            return results;
        }
    }

    /// <summary>Kernels with a fault each.</summary>
    private static class Wrong
    {
        public static void DroppedTerm(
            Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> weights,
            ArrayView<float> bias, ConvolutionShape shape) =>
            output[index] = Sum(
                index, input, weights, bias, shape, channels: shape.C - 1, transposed: false, firstRow: 0);

        public static void TransposedFilter(
            Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> weights,
            ArrayView<float> bias, ConvolutionShape shape) =>
            output[index] = Sum(index, input, weights, bias, shape, channels: shape.C, transposed: true, firstRow: 0);

        public static void PaddingEdge(
            Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> weights,
            ArrayView<float> bias, ConvolutionShape shape) =>
            output[index] = Sum(index, input, weights, bias, shape, channels: shape.C, transposed: false, firstRow: 1);

        public static void BiasedRunningVariance(Index1D c, ArrayView<float> runningVar, ArrayView<float> variance) =>
            runningVar[c] = (1 - BatchNormLayer.Momentum) + BatchNormLayer.Momentum * variance[c];

        public static void LastMaximum(
            Index1D index, ArrayView<float> positions, ArrayView<float> input, MaxPoolingShape shape)
        {
            int c = index % shape.C, q = index / shape.C % shape.Q, p = index / shape.C / shape.Q % shape.P;
            int n = index / shape.C / shape.Q / shape.P;
            float maximum = float.NegativeInfinity;
            for (int h = shape.FirstRow(p); h < shape.EndRow(p); h++)
                for (int w = shape.FirstColumn(q); w < shape.EndColumn(q); w++)
                {
                    int pixel = (n * shape.H + h) * shape.W + w;
                    if (input[pixel * shape.C + c] >= maximum)
                    {
                        maximum = input[pixel * shape.C + c];
                        positions[index] = shape.Position(p, q, h, w);
                    }
                }
        }

        public static void Scale(Index1D index, ArrayView<float> results, ArrayView<float> values, float factor) =>
            results[index] = factor * values[index];

        private static float Sum(
            int index, ArrayView<float> input, ArrayView<float> weights, ArrayView<float> bias, ConvolutionShape shape,
            int channels, bool transposed, int firstRow)
        {
            int k = index % shape.K, q = index / shape.K % shape.Q, p = index / shape.K / shape.Q % shape.P;
            int n = index / shape.K / shape.Q / shape.P;
            float sum = bias[k];
            for (int r = 0; r < shape.R; r++)
                for (int s = 0; s < shape.S; s++)
                {
                    int h = p * shape.Stride - shape.Padding + r, w = q * shape.Stride - shape.Padding + s;
                    if (h < firstRow || h >= shape.H || w < 0 || w >= shape.W)
                        continue;
                    int tap = transposed ? s * shape.R + r : r * shape.S + s;
                    int pixel = (n * shape.H + h) * shape.W + w, filter = k * shape.R * shape.S + tap;
                    for (int c = 0; c < channels; c++)
                        sum += input[pixel * shape.C + c] * weights[filter * shape.C + c];
                }
            return sum;
        }
    }
}
