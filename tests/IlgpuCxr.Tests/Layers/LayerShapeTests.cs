using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Layers;

/// <summary>
/// What a layer or a network cannot be, or cannot take, is refused with a sentence and not computed from other memory.
/// </summary>
public sealed class LayerShapeTests
{
    private static IEnumerable<TestCaseData> Misfits()
    {
        yield return Case(
            new ConvolutionLayer("conv1", inChannels: 3, outChannels: 8, filterSize: 5, stride: 2, padding: 1),
            new(1, 8, 8, 4), "takes 3 channels");
        yield return Case(
            new ConvolutionLayer("conv1", inChannels: 3, outChannels: 8, filterSize: 5, stride: 2, padding: 1),
            new(1, 2, 8, 3), "larger than");
        yield return Case(new BatchNormLayer("bn1", channels: 4, relu: false), new(2, 8, 8, 3), "takes 4 channels");
        yield return Case(
            new MaxPoolingLayer("pool", window: 3, stride: 2, padding: 0), new(1, 8, 2, 4), "larger than");
        yield return Case(new LinearLayer("fc", new TensorShape(1, 2, 2, 4), 5), new(3, 2, 2, 5), "takes 16 features");
    }

    [TestCaseSource(nameof(Misfits))]
    public void Inputs_that_do_not_fit_are_refused(Layer layer, TensorShape input, string message)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        Assert.Multiple(() =>
        {
            Assert.That(() => layer.Describe(input, []), Throws.ArgumentException.With.Message.Contains(message));
            Assert.That(
                () => device.Plan(() => layer.Forward(device, device.Arena.Rent(input), training: true)),
                Throws.ArgumentException.With.Message.Contains(message));
        });
    }

    private static IEnumerable<TestCaseData> Senseless()
    {
        yield return Case(() => new ConvolutionLayer("c", 3, 8, filterSize: 3, stride: 0, padding: 1));
        yield return Case(() => new ConvolutionLayer("c", 3, 0, filterSize: 3, stride: 1, padding: 1));
        yield return Case(() => new ConvolutionLayer("c", 3, 8, filterSize: 3, stride: 1, padding: -1));
        yield return Case(() => new MaxPoolingLayer("p", window: 3, stride: 2, padding: 2));
        yield return Case(() => new MaxPoolingLayer("p", window: 3, stride: 0, padding: 0));
        yield return Case(() => new MaxPoolingLayer("p", window: 16, stride: 1, padding: 0));
        yield return Case(() => new LinearLayer("l", TensorShape.Vector(4), 0));
        yield return Case(() => new BatchNormLayer("b", 0, relu: true));
        yield return Case(() => new AdaptiveAveragePoolingLayer("a", 0));
        yield return Case(() => new DropoutLayer("d", 1, new DropoutState()));
        yield return Case(() => new DropoutLayer("d", float.NaN, new DropoutState()));
    }

    [TestCaseSource(nameof(Senseless))]
    public void Sizes_that_make_no_sense_are_refused(Func<Layer> make) =>
        Assert.That(() => make(), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void A_filter_with_more_taps_than_a_stack_holds_is_computed_by_the_naive_kernels()
    {
        foreach (string forced in new[] { "convolution=vector128", "convolution=winograd4" })
        {
            using ComputeDevice other = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = forced });
            Assert.That(
                Kernels.Convolution.Convolution.Choose(other, new ConvolutionShape(1, 4, 4, 16, 1, 400, 400, 1, 200)),
                Is.EqualTo(ConvolutionAlgorithm.Naive));
        }
        using ComputeDevice device = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "" });
        Assert.That(
            Kernels.Convolution.Convolution.Choose(device, new ConvolutionShape(1, 4, 4, 16, 1, 400, 400, 1, 200)),
            Is.EqualTo(ConvolutionAlgorithm.Naive));
        Assert.That(
            Kernels.Convolution.Convolution.Choose(device, new ConvolutionShape(1, 32, 32, 16, 1, 32, 32, 1, 0)),
            Is.EqualTo(VectorChoice.Widest));
    }

    [TestCase(400_000, 16)]
    [TestCase(16, 400_000)]
    public void More_channels_than_a_stack_holds_are_not_computed_by_Winograds_algorithm(int inputs, int outputs)
    {
        using ComputeDevice device = DeviceCatalog.Open(
            "cpu", new DeviceOptions { Algorithms = "convolution=winograd4" });
        Assert.That(
            Kernels.Convolution.Convolution.Choose(device, new ConvolutionShape(1, 8, 8, inputs, outputs, 3, 3, 1, 1)),
            Is.EqualTo(VectorChoice.Widest));
    }

    [Test]
    public void Evaluation_keeps_nothing_for_a_gradient()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        foreach (Layer layer in new Layer[] { new MaxPoolingLayer("pool", window: 2, stride: 2, padding: 0), new AdaptiveAveragePoolingLayer("average", 1), new ReluLayer("relu") })
        {
            device.Plan(Evaluate);
            Evaluate();
            Assert.That(device.Arena.Trim, Throws.Nothing, "no tensor is rented any more");

            void Evaluate()
            {
                Tensor input = device.Arena.Rent(new TensorShape(1, 4, 4, 4));
                input.RequiresGrad = true;
                Tensor output = layer.Forward(device, input, training: false);
                Assert.That(output.RequiresGrad, Is.False, layer.GetType().Name);
                output.Release();
            }
        }
    }

    [Test]
    public void A_layer_has_one_place_and_a_name_of_its_own()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        var relu = new ReluLayer("relu");
        var twins = new Architecture("twins", "fc", SmallestImage: 1, FeatureLayers: 1, (head, _) => new Sequential(
            new LinearLayer("fc", TensorShape.Vector(4), 4),
            new LinearLayer("fc", TensorShape.Vector(4), head.Outputs)));
        Assert.Multiple(() =>
        {
            Assert.That(() => new Sequential(relu, relu), Throws.ArgumentException.With.Message.Contains("two places"));
            Assert.That(
                () => new Network(device, twins, new NetworkHead(0, 2)),
                Throws.ArgumentException.With.Message.Contains("fc.weight"));
        });
    }

    [Test]
    public void Another_networks_parameter_has_no_place_in_the_store()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var store = new ParameterStore(device, [.. new LinearLayer("fc", TensorShape.Vector(4), 2).Parameters]);
        Parameter other = new LinearLayer("fc", TensorShape.Vector(4), 2).Parameters.First();
        Assert.That(
            () => store.OffsetOf(other), Throws.ArgumentException.With.Message.Contains("fc.weight is another network's"));
    }

    [Test]
    public void A_step_without_optimizer_does_not_train_and_an_optimizer_without_sense_is_refused()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        var linear = new Architecture(
            "linear", "fc", SmallestImage: 1, FeatureLayers: 0,
            (head, _) => new Sequential(new LinearLayer("fc", TensorShape.Vector(4), head.Outputs)));
        using var network = new Network(device, linear, new NetworkHead(0, 2));
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer: null);
        Assert.Multiple(() =>
        {
            Assert.That(
                () => step.Train(TensorShape.Vector(4), _ => { }, default, default),
                Throws.InvalidOperationException.With.Message.Contains("without an optimizer"));
            Assert.That(
                () => new Optimizer(device, network, new OptimizerOptions { LearningRate = -1 }),
                Throws.TypeOf<UsageException>().With.Message.Contains("positive"));
        });
    }

    private static TestCaseData Case(Layer layer, TensorShape input, string message) =>
        new TestCaseData(layer, input, message).SetArgDisplayNames(layer.GetType().Name, input.ToString(), message);

    private static TestCaseData Case(System.Linq.Expressions.Expression<Func<Layer>> make) =>
        new TestCaseData(make.Compile()).SetArgDisplayNames(make.Body.ToString());
}
