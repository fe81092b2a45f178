using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using Operator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>One pass of a convolution on a device, against the reference.</summary>
/// <remarks>
/// All values are small integers, which tf32 and bf16 hold as well: every sum is exact in single precision in any
/// order, so results must be equal.
/// </remarks>
internal static class ConvolutionChecks
{
    public static void Forward(ComputeDevice device, ConvolutionShape shape)
    {
        double[] input = CheckValues.Integers(shape.Input.Count, 1);
        double[] weights = CheckValues.Integers(shape.Weights.Count, 2), bias = CheckValues.Integers(shape.K, 3);
        foreach (double[] addend in new[] { bias, [] })
        {
            var expected = new double[shape.Output.Count];
            ConvolutionReference.Forward(expected, input, weights, addend, shape);
            using var memory = new DeviceMemory(device);
            Tensor output = memory.Tensor(shape.Output), x = memory.Tensor(shape.Input, input);
            ArrayView<float> w = memory.Vector(weights), b = memory.Vector(addend);
            // With a bias and ReLU, and with neither.
            bool relu = addend.Length > 0;
            memory.Run(() => Operator.Forward(device, output, x, w, b, relu, shape));
            Assert.That(
                memory.Read(output), Is.EqualTo(relu ? Array.ConvertAll(expected, y => Math.Max(y, 0)) : expected));
        }
    }

    /// <summary>
    /// The forward pass before a batch norm, and the moments of each tile's pixels where tiles can write them.
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
        var expected = new double[shape.Output.Count];
        ConvolutionReference.Forward(expected, input, weights, [], shape);
        using var memory = new DeviceMemory(device);
        Tensor output = memory.Tensor(shape.Output), x = memory.Tensor(shape.Input, input);
        ArrayView<float> w = memory.Vector(weights);
        PixelStatistics? statistics = null;
        memory.Run(() =>
        {
            Operator.ForwardForBatchNorm(device, output, x, w, shape);
            statistics = output.TakeStatistics();
            statistics?.Moments.Release();
        });
        Assert.That(memory.Read(output), Is.EqualTo(expected));
        Assert.That(statistics is not null, Is.EqualTo(writesMoments));
        if (statistics is null)
            return;
        double[] moments = memory.Read(statistics.Moments);
        for (int tile = 0; tile < statistics.Slices.Count; tile++)
        {
            int first = tile * statistics.Slices.Length;
            int last = Math.Min(shape.Output.Pixels, first + statistics.Slices.Length);
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
        foreach (bool accumulate in new[] { false, true })
        {
            using var memory = new DeviceMemory(device);
            Tensor gradInput = memory.Tensor(shape.Input, before), dy = memory.Tensor(shape.Output, gradOutput);
            ArrayView<float> w = memory.Vector(weights);
            // Added to what is there, or masked as a ReLU's gradient.
            Tensor? activation = accumulate ? null : memory.Tensor(shape.Input, input);
            memory.Run(() => Operator.BackwardData(device, gradInput, dy, w, accumulate, activation, shape));
            Assert.That(
                memory.Read(gradInput),
                Is.EqualTo(
                    accumulate
                        ? [.. expected.Zip(before, (a, b) => a + b)]
                        : expected.Zip(input, (a, x) => x <= 0 ? 0 : a)));
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
        using var memory = new DeviceMemory(device);
        Tensor dy = memory.Tensor(shape.Output, gradOutput), x = memory.Tensor(shape.Input, input);
        ArrayView<float> gradWeights = memory.Vector((int)shape.Weights.Count), gradBias = memory.Vector(shape.K);
        memory.Run(() => Operator.BackwardWeights(device, gradWeights, gradBias, dy, x, shape));
        Assert.That(memory.Read(gradWeights), Is.EqualTo(expected));
        Assert.That(memory.Read(gradBias), Is.EqualTo(expectedBias));
    }
}
