using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;

namespace IlgpuCxr.Tests.Layers;

/// <summary>
/// Layers write over gradients only where that is nobody's loss, and keep activations only as long as somebody reads
/// them.
/// </summary>
public sealed class SharedTensorTests
{
    private static readonly TensorShape Shape = new(2, 4, 4, 8);

    private static readonly Dictionary<string, Func<DropoutState, Layer>> Layers = new()
    {
        ["relu"] = _ => new ReluLayer("relu"),
        ["dropout"] = state => new DropoutLayer("dropout", 0.5f, state),
        ["convolution with a ReLU"] = _ => Convolution(),
        ["batch norm"] = _ => new BatchNormLayer("norm", Shape.C, relu: false),
        ["batch norm with a ReLU"] = _ => new BatchNormLayer("norm", Shape.C, relu: true),
    };

    private ComputeDevice device;

    private static IEnumerable<string> Names => Layers.Keys;

    [OneTimeSetUp]
    public void Open() => device = DeviceCatalog.Open("cpu");

    [OneTimeTearDown]
    public void Close() => device.Dispose();

    [Test]
    public void A_gradient_that_another_path_holds_stays_as_it_is([ValueSource(nameof(Names))] string name)
    {
        using var state = new DropoutState { Seed = 1 };
        state.Begin(device, 1);
        Layer layer = Layers[name](state);
        using ParameterStore store = Store(layer);
        float[] alone = [], held = [], kept = [];
        float[] values = Values(Shape.Count, 3);
        Step(() =>
        {
            alone = Gradient(isHeld: false).Input;
            (held, kept) = Gradient(isHeld: true);
        });
        Assert.That(held, Is.EqualTo(alone));
        Assert.That(kept, Is.EqualTo(values));

        (float[] Input, float[] Output) Gradient(bool isHeld)
        {
            layer.Forward(device, Input(), training: true).Release();
            Tensor gradOutput = device.Arena.Rent(Shape);
            device.Upload<float>(gradOutput.View, values);
            Tensor gradInput = layer.Backward(device, isHeld ? gradOutput.Retain() : gradOutput)!;
            (float[], float[]) result =
                (device.Download(gradInput), isHeld ? device.Download(gradOutput) : []);
            gradInput.Release();
            if (isHeld)
                gradOutput.Release();
            return result;
        }
    }

    [Test]
    public void A_convolution_gives_its_activation_back_when_the_pooling_after_it_masks_the_gradient(
        [Values] bool isHeld)
    {
        ConvolutionLayer convolution = Convolution();
        var pooling = new MaxPoolingLayer("pool", window: 2, stride: 2, padding: 0);
        using ParameterStore store = Store(convolution);
        bool isGivenBack = false;
        Step(() =>
        {
            Tensor activation = convolution.Forward(device, Input(), training: true);
            long place = activation.Offset;
            Tensor output = pooling.Forward(device, isHeld ? activation.Retain() : activation, training: true);
            Tensor next = device.Arena.Rent(Shape);
            isGivenBack = next.Offset == place;
            next.Release();
            Tensor gradient = device.Arena.Rent(output.Shape);
            output.Release();
            gradient = pooling.Backward(device, gradient)!;
            convolution.Backward(device, gradient)!.Release();
            if (isHeld)
                activation.Release();
        });
        Assert.That(isGivenBack, Is.EqualTo(!isHeld));
        Assert.That(() => device.Arena.Trim(), Throws.Nothing, "All is given back.");
    }

    [Test]
    public void An_activation_of_two_paths_masks_the_sum_of_their_gradients()
    {
        ConvolutionLayer convolution = Convolution();
        var pooling = new MaxPoolingLayer("pool", window: 2, stride: 2, padding: 0);
        using ParameterStore store = Store(convolution);
        float[] biasGradient = [], activations = [];
        Step(() =>
        {
            Tensor activation = convolution.Forward(device, Input(), training: true);
            Tensor output = pooling.Forward(device, activation.Retain(), training: true);
            activations = device.Download(activation);
            activation.Release();
            output.Release();
            // The other path's, of ones.
            Tensor gradient = device.Arena.Rent(Shape);
            device.Upload<float>(gradient.View, [.. Enumerable.Repeat(1f, (int)Shape.Count)]);
            convolution.Backward(device, gradient)!.Release();
            pooling.Backward(device, device.Arena.Rent(output.Shape))!.Release();
            biasGradient = device.Download(convolution.Parameters.Last().Gradient);
        });
        Assert.That(
            biasGradient,
            Is.EqualTo(
                Enumerable.Range(0, Shape.C)
                    .Select(c => (float)activations.Where((value, i) => i % Shape.C == c && value > 0).Count())));
    }

    [Test]
    public void A_gradient_that_did_not_come_by_the_pooling_is_refused_where_the_activation_is_gone()
    {
        ConvolutionLayer convolution = Convolution();
        var pooling = new MaxPoolingLayer("pool", window: 2, stride: 2, padding: 0);
        using ParameterStore store = Store(convolution);
        Assert.That(
            () => Step(() =>
            {
                Tensor activation = convolution.Forward(device, Input(), training: true);
                pooling.Forward(device, activation, training: true).Release();
                convolution.Backward(device, device.Arena.Rent(Shape));
            }),
            Throws.InvalidOperationException.With.Message.Contains("gradient of the convolution conv"));
    }

    private static ConvolutionLayer Convolution() => new(
        "conv", Shape.C, Shape.C, filterSize: 3, stride: 1, padding: 1, hasBias: true, relu: true);

    private Tensor Input()
    {
        Tensor input = device.Arena.Rent(Shape);
        input.RequiresGrad = true;
        device.Upload<float>(input.View, Values(Shape.Count, 1));
        return input;
    }

    private ParameterStore Store(Layer layer)
    {
        var store = new ParameterStore(device, [.. layer.Parameters]);
        foreach (Parameter parameter in layer.Parameters)
            device.Upload<float>(parameter.Value, Values(parameter.Shape.Count, 2));
        return store;
    }

    private void Step(Action step)
    {
        device.Plan(step);
        device.Run(step);
    }

    private static float[] Values(long count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
