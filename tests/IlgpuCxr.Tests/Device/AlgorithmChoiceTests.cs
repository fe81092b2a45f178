using IlgpuCxr.Kernels.Activation;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Tests.Ptx;

namespace IlgpuCxr.Tests.Device;

public sealed class AlgorithmChoiceTests
{
    [Test]
    public void Nothing_is_forced_by_an_empty_text() =>
        Assert.That(new AlgorithmChoice("").For<ConvolutionAlgorithm>(), Is.Null);

    [Test]
    public void One_word_is_for_every_operator_that_has_such_an_algorithm()
    {
        var choice = new AlgorithmChoice("naive");
        Assert.That(choice.For<ConvolutionAlgorithm>(), Is.EqualTo(ConvolutionAlgorithm.Naive));
        Assert.That(choice.For<ReluAlgorithm>(), Is.EqualTo(ReluAlgorithm.Naive));
        Assert.That(new AlgorithmChoice("vector256").For<ReluAlgorithm>(), Is.Null);
    }

    [Test]
    public void An_operator_may_be_named()
    {
        var choice = new AlgorithmChoice("naive, Convolution=Vector256");
        Assert.That(choice.For<ConvolutionAlgorithm>(), Is.EqualTo(ConvolutionAlgorithm.Vector256));
        Assert.That(choice.For<ReluAlgorithm>(), Is.EqualTo(ReluAlgorithm.Naive));
    }

    [Test]
    public void An_unknown_algorithm_of_a_named_operator_is_told_with_those_that_exist() =>
        Assert.That(
            () => new AlgorithmChoice("convolution=fastest").For<ConvolutionAlgorithm>(),
            Throws.TypeOf<DeviceException>().With.Message.Contains("vector128, vector256, vector512"));

    [Test]
    public void A_text_of_another_form_is_refused() =>
        Assert.That(
            () => new AlgorithmChoice("a=b=c"), Throws.TypeOf<DeviceException>().With.Message.Contains("a=b=c"));

    [Test]
    public void What_a_device_cannot_run_is_refused_by_name()
    {
        using ComputeDevice cpu = DeviceCatalog.Open(
            "cpu", new DeviceOptions { Algorithms = "gradientcentralization=group" });
        Assert.That(
            () => cpu.Forced<GradientCentralizationAlgorithm>(),
            Throws.TypeOf<DeviceException>().With.Message.Contains(
                "The gradient centralization algorithm 'group' does not run on CPU"));
        using ComputeDevice quads = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "relu=quad" });
        Assert.That(
            () => quads.Forced<ReluAlgorithm>(),
            Throws.TypeOf<DeviceException>().With.Message.Contains("The relu algorithm 'quad' does not run on CPU"));
        using ComputeDevice gpu = EmulatedGpu.Open(new DeviceOptions { Algorithms = "vector" });
        Assert.That(
            () => gpu.Forced<ReluAlgorithm>(),
            Throws.TypeOf<DeviceException>().With.Message.Contains("The relu algorithm 'vector'"));
    }
}
