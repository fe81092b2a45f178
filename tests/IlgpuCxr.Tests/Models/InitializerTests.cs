using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;

namespace IlgpuCxr.Tests.Models;

public sealed class InitializerTests
{
    // Of a right initialisation, a sample statistic is farther off than five standard errors once in two million times.
    private const double StandardErrors = 5;

    [Test]
    public void More_values_than_an_array_holds_are_refused() =>
        Assert.That(
            () =>
                Initializer.Values(
                    new Parameter(
                        "fc.0.weight", new TensorShape(5_000_000, 1, 1, 512), ParameterLayout.Matrix,
                        Initialization.Uniform(512)),
                    1),
            Throws.TypeOf<UsageException>().With.Message.Contains("fc.0.weight has more values than an array holds")
                .And.Message.Contains("use a smaller hidden layer"));

    [Test]
    public void Convolutions_are_normal_with_the_variance_of_Kaiming_for_their_outputs()
    {
        const int OutChannels = 128, InChannels = 64;
        float[] values = Initializer.Values(Convolution("layer2.0.conv1.weight", OutChannels, InChannels), 1);

        double expected = Math.Sqrt(2.0 / (OutChannels * 9)), error = expected / Math.Sqrt(values.Length);
        Assert.That(values, Has.Length.EqualTo(OutChannels * 9 * InChannels));
        Assert.That(values.Average(v => (double)v), Is.Zero.Within(StandardErrors * error), "mean");
        double std = Math.Sqrt(values.Average(v => (double)v * v));
        Assert.That(std, Is.EqualTo(expected).Within(StandardErrors * error / Math.Sqrt(2)), "standard deviation");
        // 68.27 % of a normal distribution are within one standard deviation; a uniform one has 57.7 %.
        double within = values.Count(v => Math.Abs(v) < expected) / (double)values.Length;
        Assert.That(
            within, Is.EqualTo(0.6827).Within(StandardErrors * Math.Sqrt(0.6827 * 0.3173 / values.Length)), "shape");
    }

    [Test]
    public void A_convolution_begins_with_the_variance_for_its_outputs_and_without_bias() =>
        Assert.That(
            new ConvolutionLayer(
                "conv1", inChannels: 3, outChannels: 64, filterSize: 7, stride: 2, padding: 3, hasBias: true)
                .Parameters.Select(parameter => parameter.Initialization),
            Is.EqualTo(new[] { Initialization.KaimingNormal(64 * 7 * 7), Initialization.Constant(0) }),
            "torchvision's mode='fan_out'");

    [Test]
    public void Values_drawn_by_several_threads_are_those_of_one_stream()
    {
        var shape = TensorShape.Matrix(130, 1021);
        var normal = new Parameter("a", shape, ParameterLayout.Matrix, Initialization.Normal(0.5f));
        SplitMix64 random = SplitMix64.ForName(7, "a");
        Assert.That(
            Initializer.Values(normal, 7),
            Is.EqualTo(Enumerable.Range(0, (int)shape.Count).Select(_ => (float)(random.NextNormal() * 0.5f))));

        var uniform = new Parameter("b", shape, ParameterLayout.Matrix, Initialization.Uniform(4));
        random = SplitMix64.ForName(7, "b");
        Assert.That(
            Initializer.Values(uniform, 7),
            Is.EqualTo(Enumerable.Range(0, (int)shape.Count).Select(_ => (float)random.NextDouble(-0.5, 0.5))));
    }

    [Test]
    public void Linear_layers_are_uniform_within_one_over_the_root_of_their_inputs()
    {
        const int In = 512, Out = 130;
        Parameter[] parameters = [.. new LinearLayer("fc.0", TensorShape.Vector(In), Out).Parameters];
        double bound = 1 / Math.Sqrt(In);
        foreach (Parameter parameter in parameters)
        {
            float[] values = Initializer.Values(parameter, 1);
            Assert.That(values.Max(Math.Abs), Is.LessThanOrEqualTo((float)bound), parameter.Name);
            double error = bound / Math.Sqrt(3.0 * values.Length);
            Assert.That(
                values.Average(v => (double)v), Is.Zero.Within(StandardErrors * error), $"mean of {parameter.Name}");
            // v^2 of a uniform v has mean b^2 / 3 and variance b^4 (1/5 - 1/9).
            double varianceError = bound * bound * Math.Sqrt((1 / 5.0 - 1 / 9.0) / values.Length);
            Assert.That(
                values.Average(v => (double)v * v),
                Is.EqualTo(bound * bound / 3).Within(StandardErrors * varianceError), $"variance of {parameter.Name}");
        }
    }

    [Test]
    public void Vgg16s_classifier_is_normal_but_for_the_layer_that_is_new()
    {
        Initialization normal = Initialization.Normal(0.01f), zero = Initialization.Constant(0);
        Initialization uniform = Initialization.Uniform(4096);
        Assert.That(
            Architecture.Of("vgg16").Build(new NetworkHead(0, 2), new DropoutState()).Parameters.Where(
                parameter => parameter.Name.StartsWith("classifier", StringComparison.Ordinal))
                .Select(parameter => parameter.Initialization),
            Is.EqualTo(new[] { normal, zero, normal, zero, uniform, uniform }), "weight and bias of each layer");
    }

    [Test]
    public void Batch_norms_begin_as_the_identity()
    {
        float[][] values =
        [
            .. new BatchNormLayer("bn1", 3, relu: false).Parameters.Select(
                parameter => Initializer.Values(parameter, 1)),
        ];
        Assert.That(
            values, Is.EqualTo(new float[][] { [1, 1, 1], [0, 0, 0], [0, 0, 0], [1, 1, 1] }),
            "weight, bias, running mean, running variance");
    }

    [Test]
    public void Values_are_a_function_of_seed_and_name()
    {
        float[] values = Initializer.Values(Convolution("conv1.weight", 4, 4), 1);
        Assert.That(Initializer.Values(Convolution("conv1.weight", 4, 4), 1), Is.EqualTo(values));
        Assert.That(Initializer.Values(Convolution("conv1.weight", 4, 4), 2), Is.Not.EqualTo(values));
        Assert.That(Initializer.Values(Convolution("conv2.weight", 4, 4), 1), Is.Not.EqualTo(values));
    }

    private static Parameter Convolution(string name, int outChannels, int inChannels) =>
        new(
            name, new TensorShape(outChannels, 3, 3, inChannels), ParameterLayout.Filter,
            Initialization.KaimingNormal(outChannels * 9));
}
