using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Tests.Ptx;

namespace IlgpuCxr.Tests.Layers;

/// <summary>Which elements the tensors have that layers hand on.</summary>
public sealed class ElementTypeTests
{
    private static readonly Dictionary<string, Func<DropoutState, Layer>> Layers = new()
    {
        ["batch norm"] = _ => new BatchNormLayer("bn", channels: 8, relu: true),
        ["max pooling"] = _ => new MaxPoolingLayer("pool", window: 2, stride: 2, padding: 0),
        ["adaptive average pooling"] = _ => new AdaptiveAveragePoolingLayer("average", 2),
        ["relu"] = _ => new ReluLayer("relu"),
        ["dropout"] = state => new DropoutLayer("dropout", 0.5f, state),
    };

    private static IEnumerable<string> Names => Layers.Keys;

    [Test]
    public void Layers_hand_on_what_they_are_given_but_averages_are_of_singles(
        [ValueSource(nameof(Names))] string name, [Values] ElementType elements)
    {
        using ComputeDevice device = EmulatedGpu.Open(new DeviceOptions { Precision = Precision.Bf16 });
        using var state = new DropoutState();
        state.Begin(device, 1);
        Layer layer = Layers[name](state);
        (ElementType Output, ElementType Gradient) handed = default;
        device.Plan(() =>
        {
            Tensor input = device.Arena.Rent(new TensorShape(2, 4, 4, 8), elements);
            input.RequiresGrad = true;
            // Held, as by a layer before, so that no layer writes over it.
            Tensor output = layer.Forward(device, input.Retain(), training: true);
            Tensor gradient = layer.Backward(device, device.Arena.Rent(output.Shape, output.ElementType))!;
            handed = (output.ElementType, gradient.ElementType);
            Assert.That(gradient.Shape.Count, Is.EqualTo(input.Shape.Count));
            foreach (Tensor tensor in (ReadOnlySpan<Tensor>)[gradient, output, input])
                tensor.Release();
        });
        ElementType output = name == "adaptive average pooling" ? ElementType.Single : elements;
        Assert.That(handed, Is.EqualTo((output, elements)));
    }
}
