using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Tests.Ptx;
using Operator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>
/// Numbers that tensor cores cannot hold, in the interpreted PTX: every factor must be rounded as its format says, once
/// and before the product.
/// </summary>
[TestFixture(ConvolutionAlgorithm.Tf32)]
[TestFixture(ConvolutionAlgorithm.Bf16)]
[TestFixture(ConvolutionAlgorithm.WarpgroupTf32)]
[TestFixture(ConvolutionAlgorithm.WarpgroupBf16)]
public sealed class ConvolutionRoundingTests(ConvolutionAlgorithm algorithm)
{
    private readonly ConvolutionShape shape = new(N: 2, H: 5, W: 6, C: 12, K: 20, R: 3, S: 3, Stride: 2, Padding: 1);
    private ComputeDevice device = null!;

    [OneTimeSetUp]
    public void Open() => device = EmulatedGpu.Open(new DeviceOptions { Algorithms = $"convolution={algorithm}" });

    [OneTimeTearDown]
    public void Close() => device.Dispose();

    [Test]
    public void Multiplies_rounded_factors()
    {
        double[] input = CheckValues.Uniform(shape.Input.Count, 1);
        double[] weights = CheckValues.Uniform(shape.Weights.Count, 2);
        double[] gradOutput = CheckValues.Uniform(shape.Output.Count, 3);
        double[] x = Array.ConvertAll(input, Rounded), w = Array.ConvertAll(weights, Rounded);
        double[] dy = Array.ConvertAll(gradOutput, Rounded);
        double[] y = new double[shape.Output.Count], dx = new double[shape.Input.Count];
        double[] dw = new double[shape.Weights.Count];
        ConvolutionReference.Forward(y, x, w, [], shape);
        ConvolutionReference.BackwardData(dx, dy, w, shape);
        ConvolutionReference.BackwardWeights(dw, dy, x, shape);
        using var memory = new DeviceMemory(device);
        Tensor inputTensor = memory.Tensor(shape.Input, input);
        Tensor gradOutputTensor = memory.Tensor(shape.Output, gradOutput);
        Tensor output = memory.Tensor(shape.Output), gradInput = memory.Tensor(shape.Input);
        ArrayView<float> weightsView = memory.Vector(weights), gradWeights = memory.Vector((int)shape.Weights.Count);
        memory.Run(() =>
        {
            Operator.Forward(device, output, inputTensor, weightsView, default, relu: false, shape);
            Operator.BackwardData(
                device, gradInput, gradOutputTensor, weightsView, accumulate: false, activation: null, shape);
            Operator.BackwardWeights(device, gradWeights, default, gradOutputTensor, inputTensor, shape);
        });
        // Factors are below 1 and sums of 180 at most: single precision adds them up to 1e-5; a factor not rounded, or
        // cut off, is 1e-3 away.
        Assert.That(memory.Read(output), Is.EqualTo(y).Within(1e-5));
        Assert.That(memory.Read(gradInput), Is.EqualTo(dx).Within(1e-5));
        Assert.That(memory.Read(gradWeights), Is.EqualTo(dw).Within(1e-5));
    }

    private double Rounded(double value)
    {
        if (algorithm is ConvolutionAlgorithm.Bf16 or ConvolutionAlgorithm.WarpgroupBf16)
            return ElementType.BFloat16.Round((float)value);
        Fragment fragment = default;
        fragment.X = BitConverter.SingleToUInt32Bits((float)value);
        return BitConverter.UInt32BitsToSingle(Tf32Math.Round(fragment).X & 0xFFFFE000);
    }
}
