using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using Operator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>One pass of a convolution on a device, against the reference.</summary>
/// <remarks>
/// All values are small integers, which tf32 and bf16 hold as well: every sum is exact in single precision in any order, so results must be equal.
/// </remarks>
internal static class ConvolutionChecks
{
    public static void Forward(ComputeDevice device, ConvolutionShape shape)
    {
        double[] input = CheckValues.Integers(shape.Input.Count, 1), weights = CheckValues.Integers(shape.Weights.Count, 2), bias = CheckValues.Integers(shape.K, 3);
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
            Assert.That(memory.Read(output), Is.EqualTo(relu ? Array.ConvertAll(expected, y => Math.Max(y, 0)) : expected));
        }
    }

    public static void BackwardData(ComputeDevice device, ConvolutionShape shape)
    {
        double[] gradOutput = CheckValues.Integers(shape.Output.Count, 4), weights = CheckValues.Integers(shape.Weights.Count, 5), before = CheckValues.Integers(shape.Input.Count, 6), input = CheckValues.Integers(shape.Input.Count, 9);
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
                Is.EqualTo(accumulate ? [.. expected.Zip(before, (a, b) => a + b)] : expected.Zip(input, (a, x) => x <= 0 ? 0 : a)));
        }
    }

    public static void BackwardWeights(ComputeDevice device, ConvolutionShape shape)
    {
        double[] gradOutput = CheckValues.Integers(shape.Output.Count, 7), input = CheckValues.Integers(shape.Input.Count, 8);
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
