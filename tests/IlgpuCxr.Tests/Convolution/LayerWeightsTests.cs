using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.Operators;
using IlgpuCxr.Tests.Ptx;
using Operator = IlgpuCxr.Kernels.Convolution.Convolution;

namespace IlgpuCxr.Tests.Convolution;

/// <summary>Weights that are rounded once for all passes of a step, the PTX of the kernels interpreted.</summary>
public sealed class LayerWeightsTests
{
    private ComputeDevice device;
    private DeviceMemory memory;

    [SetUp]
    public void Open()
    {
        device = EmulatedGpu.Open(new DeviceOptions { Precision = Precision.Bf16 });
        memory = new DeviceMemory(device);
    }

    [TearDown]
    public void Close()
    {
        memory.Dispose();
        device.Dispose();
    }

    // What is not to be read is NaN: of eight channels the weights themselves, of others their copy.
    [TestCase(8, 16)]
    [TestCase(8, 12)]
    [TestCase(4, 16)]
    public void A_copy_is_used_in_their_place_where_its_channels_are_those_of_the_product(int channels, int filters)
    {
        var shape = new ConvolutionShape(N: 2, H: 5, W: 4, C: channels, K: filters, R: 3, S: 3, Stride: 1, Padding: 1);
        float[] weights = TestData.Integers(shape.Weights, 1);
        (double[] output, double[] gradInput) = Passes(shape, memory.Vector(weights));
        bool isUsed = channels % 8 == 0 && filters % 8 == 0;
        ArrayView<float> values = memory.Vector(weights), rounded = memory.Vector(weights.Length / 2);
        ElementConversion.Round(device, rounded, values);
        ArrayView<float> nothing = memory.Vector((int)(isUsed ? values : rounded).Length);
        LayerWeights given = isUsed ? new(nothing, rounded) : new(values, nothing);
        (double[] outputOfCopy, double[] gradInputOfCopy) = Passes(shape, given);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outputOfCopy, Is.EqualTo(output));
            Assert.That(gradInputOfCopy, Is.EqualTo(gradInput));
            Assert.That(output, Has.None.NaN);
            Assert.That(gradInput, Has.None.NaN);
        }
    }

    [Test]
    public void A_copy_of_another_size_is_refused()
    {
        var shape = new ConvolutionShape(N: 1, H: 2, W: 2, C: 8, K: 8, R: 1, S: 1, Stride: 1, Padding: 0);
        var weights = new LayerWeights(memory.Vector(64), memory.Vector(64));
        Tensor input = memory.Tensor(shape.Input), output = memory.Tensor(shape.Output);
        Assert.That(
            () => Operator.Forward(device, output, input, weights, default, relu: false, shape),
            Throws.ArgumentException.With.Message.StartsWith(
                "the weights' copy of bfloat16 has 64 elements; give it 32."));
    }

    [Test]
    public void A_network_rounds_its_weights_anew_in_each_forward_pass_by_one_launch()
    {
        var architecture = new Architecture(
            "small", "head", SmallestImage: 4, FeatureLayers: 1, (head, _) => new Sequential([
                new ConvolutionLayer("conv", 3, 8, filterSize: 3, stride: 1, padding: 1, hasBias: true, relu: true),
                new LinearLayer("head", new TensorShape(1, 4, 4, 8), head.Outputs)]));
        using var network = new Network(device, architecture, new NetworkHead(Hidden: 0, Outputs: 8, Dropout: 0));
        float[] first = Logits(seed: 1), second = Logits(seed: 2);
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(Logits(seed: 1), Is.EqualTo(first));
        device.Timings.Enabled = true;
        Logits(seed: 1);
        Assert.That(
            device.Timings.Results.Single(timing => timing.Operator == "rounding of weights").Calls, Is.EqualTo(1));

        float[] Logits(long seed)
        {
            network.Initialize(seed);
            ArrayView<float> logits = memory.Vector(2 * 8);
            memory.Run(() =>
            {
                var shape = new TensorShape(2, 4, 4, 3);
                Tensor images = device.Arena.Rent(shape);
                device.Upload<float>(images.View, TestData.Floats(shape, 3));
                Tensor result = network.Forward(images, training: false);
                device.Copy(logits, result.View);
                result.Release();
            });
            return device.Download(logits);
        }
    }

    private (double[] Output, double[] GradInput) Passes(ConvolutionShape shape, LayerWeights weights)
    {
        Tensor input = memory.Tensor(shape.Input, TestData.Integers(shape.Input, 2));
        Tensor gradOutput = memory.Tensor(shape.Output, TestData.Integers(shape.Output, 3));
        Tensor output = memory.Tensor(shape.Output), gradInput = memory.Tensor(shape.Input);
        memory.Run(() =>
        {
            Operator.Forward(device, output, input, weights, default, relu: false, shape);
            Operator.BackwardData(
                device, gradInput, gradOutput, weights, accumulate: false, activation: null, shape);
        });
        return (memory.Read(output), memory.Read(gradInput));
    }
}
