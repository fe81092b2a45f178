using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using Operator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>One pass of a convolution on a device, against the reference.</summary>
/// <remarks>
/// All values are small integers, which tf32 and bf16 hold as well: every sum is exact in single precision in any
/// order, so results must be equal, and those of bfloat16 what their exact values are rounded to. Convolutions in bf16
/// are checked with tensors of singles and of bfloat16.
/// </remarks>
internal static class ConvolutionChecks
{
    public static void Forward(ComputeDevice device, ConvolutionShape shape)
    {
        double[] input = CheckValues.Integers(shape.Input.Count, 1);
        double[] weights = CheckValues.Integers(shape.Weights.Count, 2), bias = CheckValues.Integers(shape.K, 3);
        foreach ((ElementType inputType, ElementType outputType) in TypesOf(device, shape))
            foreach (double[] addend in new[] { bias, [] })
            {
                var expected = new double[shape.Output.Count];
                ConvolutionReference.Forward(expected, input, weights, addend, shape);
                using var memory = new DeviceMemory(device);
                Tensor output = memory.Tensor(shape.Output, outputType);
                Tensor x = memory.Tensor(shape.Input, input, inputType);
                ArrayView<float> w = memory.Vector(weights), b = memory.Vector(addend);
                // With a bias and ReLU, and with neither.
                bool relu = addend.Length > 0;
                memory.Run(() => Operator.Forward(device, output, x, w, b, relu, shape));
                double[] results = relu ? Array.ConvertAll(expected, y => Math.Max(y, 0)) : expected;
                Assert.That(memory.Read(output), Is.EqualTo(CheckValues.Round(results, outputType)));
            }
    }

    /// <summary>
    /// The forward pass before a batch norm, and the moments of each block tile's pixels where these can write them.
    /// </summary>
    /// <remarks>
    /// With u the roundoff: integers and their differences d from a tile's first value add up exactly. The mean rounds
    /// the tile's inverse, a product and a sum; the squares that inverse, three products and a difference, of what is
    /// at most Σ d².
    /// </remarks>
    public static void ForwardForBatchNorm(ComputeDevice device, ConvolutionShape shape, bool writesMoments)
    {
        double[] input = CheckValues.Integers(shape.Input.Count, 1);
        double[] weights = CheckValues.Integers(shape.Weights.Count, 2);
        var sums = new double[shape.Output.Count];
        ConvolutionReference.Forward(sums, input, weights, [], shape);
        foreach ((ElementType inputType, ElementType outputType) in TypesOf(device, shape))
        {
            double[] expected = CheckValues.Round(sums, outputType);
            using var memory = new DeviceMemory(device);
            Tensor output = memory.Tensor(shape.Output, outputType), x = memory.Tensor(shape.Input, input, inputType);
            ArrayView<float> w = memory.Vector(weights);
            PixelStatistics? statistics = null;
            memory.Run(() =>
            {
                Operator.ForwardForBatchNorm(device, output, x, w, shape);
                statistics = output.TakeStatistics();
                statistics?.Moments.Release();
            });
            Assert.That(memory.Read(output), Is.EqualTo(expected));
            // In bf16 tiles write moments of bfloat16 only.
            Assert.That(
                statistics is not null,
                Is.EqualTo(
                    IsOfBFloat16(device, shape)
                        ? outputType == ElementType.BFloat16 && IsOneSlice(shape)
                        : writesMoments));
            if (statistics is not null)
                AssertMoments(memory.Read(statistics.Moments), statistics.Slices, expected, shape);
        }
    }

    private static void AssertMoments(
        double[] moments, PixelSlices slices, double[] expected, ConvolutionShape shape)
    {
        for (int tile = 0; tile < slices.Count; tile++)
        {
            int first = tile * slices.Length;
            int last = Math.Min(shape.Output.Pixels, first + slices.Length);
            for (int k = 0; k < shape.K; k++)
            {
                double[] values =
                    [.. Enumerable.Range(first, last - first).Select(pixel => expected[pixel * shape.K + k])];
                double mean = values.Average(), shift = values[0], u = OperatorCase.Roundoff;
                Assert.That(
                    moments[tile * 2 * shape.K + k],
                    Is.EqualTo(mean).Within(
                        3 * u * (Math.Abs(mean) + values.Average(value => Math.Abs(value - shift)))),
                    $"mean of {k}");
                Assert.That(
                    moments[(tile * 2 + 1) * shape.K + k],
                    Is.EqualTo(values.Sum(value => (value - mean) * (value - mean))).Within(
                        5 * u * values.Sum(value => (value - shift) * (value - shift))),
                    $"squares of {k}");
            }
        }
    }

    public static void BackwardData(ComputeDevice device, ConvolutionShape shape)
    {
        double[] gradOutput = CheckValues.Integers(shape.Output.Count, 4);
        double[] weights = CheckValues.Integers(shape.Weights.Count, 5);
        double[] before = CheckValues.Integers(shape.Input.Count, 6);
        double[] input = CheckValues.Integers(shape.Input.Count, 9);
        var expected = new double[shape.Input.Count];
        ConvolutionReference.BackwardData(expected, gradOutput, weights, shape);
        foreach ((ElementType inputType, ElementType outputType) in TypesOf(device, shape))
            foreach (bool accumulate in new[] { false, true })
            {
                using var memory = new DeviceMemory(device);
                Tensor gradInput = memory.Tensor(shape.Input, before, inputType);
                Tensor dy = memory.Tensor(shape.Output, gradOutput, outputType);
                ArrayView<float> w = memory.Vector(weights);
                // Added to what is there, or masked as a ReLU's gradient.
                Tensor? activation = accumulate ? null : memory.Tensor(shape.Input, input, inputType);
                memory.Run(() => Operator.BackwardData(device, gradInput, dy, w, accumulate, activation, shape));
                Assert.That(
                    memory.Read(gradInput),
                    Is.EqualTo(
                        CheckValues.Round(
                            accumulate
                                ? [.. expected.Zip(before, (a, b) => a + b)]
                                : [.. expected.Zip(input, (a, x) => x <= 0 ? 0 : a)],
                            inputType)));
            }
    }

    public static void BackwardWeights(ComputeDevice device, ConvolutionShape shape)
    {
        double[] gradOutput = CheckValues.Integers(shape.Output.Count, 7);
        double[] input = CheckValues.Integers(shape.Input.Count, 8);
        var expected = new double[shape.Weights.Count];
        var expectedBias = new double[shape.K];
        ConvolutionReference.BackwardWeights(expected, gradOutput, input, shape);
        ConvolutionReference.BackwardBias(expectedBias, gradOutput, shape);
        foreach ((ElementType inputType, ElementType outputType) in TypesOf(device, shape))
        {
            using var memory = new DeviceMemory(device);
            Tensor dy = memory.Tensor(shape.Output, gradOutput, outputType);
            Tensor x = memory.Tensor(shape.Input, input, inputType);
            ArrayView<float> gradWeights = memory.Vector((int)shape.Weights.Count), gradBias = memory.Vector(shape.K);
            memory.Run(() => Operator.BackwardWeights(device, gradWeights, gradBias, dy, x, shape));
            Assert.That(memory.Read(gradWeights), Is.EqualTo(expected));
            Assert.That(memory.Read(gradBias), Is.EqualTo(expectedBias));
        }
    }

    /// <summary>
    /// The element types of input and output: singles; in bf16 also bfloat16, where channels allow it.
    /// </summary>
    private static IEnumerable<(ElementType Input, ElementType Output)> TypesOf(
        ComputeDevice device, ConvolutionShape shape)
    {
        yield return (ElementType.Single, ElementType.Single);
        ElementType input = TypeOf(shape.Input), output = TypeOf(shape.Output);
        if (IsOfBFloat16(device, shape) && (input, output) != (ElementType.Single, ElementType.Single))
            yield return (input, output);
    }

    private static bool IsOneSlice(ConvolutionShape shape) =>
        TensorCoreTiles.Planner<BFloat16Access, Bf16Math>().Plan(
            shape.Output.Pixels, shape.K, shape.R * shape.S * BFloat16Copies.Padded(shape.C), null).Slices == 1;

    private static ElementType TypeOf(TensorShape shape) =>
        ElementType.BFloat16.Allows(shape) ? ElementType.BFloat16 : ElementType.Single;

    private static bool IsOfBFloat16(ComputeDevice device, ConvolutionShape shape) =>
        Operator.Choose(device, shape).IsOfBFloat16();
}
