using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.Library;
using IlgpuCxr.Tests.Ptx;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Training;

/// <summary>
/// A training step that is recorded once and launched again, on an interpreted GPU: all launches with the arguments
/// that they were recorded with.
/// </summary>
public sealed class RecordedStepTests
{
    // Every kind of layer, each as small as it can be.
    private static readonly Architecture small = OfChannels(4);

    // With tensors of bfloat16, which have eight channels.
    private static readonly Dictionary<string, Architecture> ofOctets = new()
    {
        ["every kind of layer"] = OfChannels(8),
        ["a layer that does not take them"] = Of(
            head => [
                Convolution(8), new LeakyReluLayer(slope: 0.1f), new AdaptiveAveragePoolingLayer("average", 1),
                new LinearLayer("head", TensorShape.Vector(8), head.Outputs)]),
        ["a linear layer right after a convolution"] = Of(
            head => [Convolution(8), new LinearLayer("head", new TensorShape(1, 8, 8, 8), head.Outputs)]),
        ["a block after singles"] = Of(
            head => [
                Convolution(8), new AdaptiveAveragePoolingLayer("smaller", 4), new BasicBlock("block", 8, 8, stride: 1),
                new AdaptiveAveragePoolingLayer("average", 1),
                new LinearLayer("head", TensorShape.Vector(8), head.Outputs)]),
        ["logits of a convolution"] = Of(
            head => [
                Convolution(8),
                new ConvolutionLayer("head", 8, head.Outputs, filterSize: 8, stride: 1, padding: 0, hasBias: true)]),
    };

    private static readonly TensorShape[] batches =
        [new(2, 8, 8, 3), new(3, 8, 8, 3), new(2, 8, 8, 3), new(2, 8, 8, 3), new(3, 8, 8, 3), new(2, 8, 8, 3)];

    [Test]
    public void Learns_the_same_bits_as_one_whose_kernels_are_launched_one_by_one()
    {
        (float[] expected, float[] expectedLosses, int none) = Train(graphs: false, evaluates: false);
        (float[] weights, float[] losses, int replays) = Train(graphs: true, evaluates: false);
        Assert.That(none, Is.Zero);
        Assert.That(
            replays, Is.EqualTo(4),
            "Each shape's first step cannot be recorded, for kernels are loaded when they are launched.");
        Assert.That(losses, Is.EqualTo(expectedLosses));
        Assert.That(weights, Is.EqualTo(expected));
        Assert.That(
            losses.Distinct().Count(), Is.EqualTo(batches.Length),
            "Other images, targets and dropped values in each step.");
    }

    [Test]
    public void Is_recorded_anew_where_the_memory_has_moved()
    {
        // An evaluation of larger images between the steps lets the arena grow.
        (float[] expected, _, _) = Train(graphs: false, evaluates: true);
        (float[] weights, _, _) = Train(graphs: true, evaluates: true);
        Assert.That(weights, Is.EqualTo(expected));
    }

    [TestCase("another seed")]
    [TestCase("no dropout")]
    [TestCase("frozen layers")]
    public void Is_recorded_anew_where_the_network_has_changed(string change)
    {
        (float[] expected, _, _) = Train(graphs: false, evaluates: false, before: Change);
        (float[] weights, _, _) = Train(graphs: true, evaluates: false, before: Change);
        (float[] unchanged, _, _) = Train(graphs: false, evaluates: false);
        Assert.That(weights, Is.EqualTo(expected).And.Not.EqualTo(unchanged));

        void Change(int step, ComputeDevice device, Network network)
        {
            if (step != 3)
                return;
            if (change == "another seed")
                network.Dropout.Seed = 7;
            else if (change == "no dropout")
                network.Dropout.IsOff = true;
            else
                network.Freeze("block");
        }
    }

    [Test]
    public void Leaves_a_tensor_that_the_caller_has_rented_alone()
    {
        (float[] expected, _, _) = Train(graphs: false, evaluates: false);
        Tensor held = null!;
        float[] kept = [.. Enumerable.Range(0, 64).Select(i => (float)i)];
        (float[] weights, _, int replays) = Train(graphs: true, evaluates: false, before: RentForOneStep);
        Assert.That(weights, Is.EqualTo(expected));
        Assert.That(replays, Is.EqualTo(3), "One step less than without that tensor.");

        void RentForOneStep(int step, ComputeDevice device, Network network)
        {
            if (step == 3)
                device.Upload(held = device.Arena.Rent(TensorShape.Vector(kept.Length)), kept);
            if (step != 4)
                return;
            Assert.That(device.Download(held), Is.EqualTo(kept));
            held.Release();
        }
    }

    [Test]
    public void Has_the_losses_of_the_cpu_within_rounding([Values("", "convolution=tiledwinograd4")] string algorithms)
    {
        using ComputeDevice cpu = DeviceCatalog.Open("cpu");
        (float[] _, float[] expected) = Train(cpu, evaluates: false, small);
        (_, float[] losses, _) = Train(graphs: true, evaluates: false, algorithms);
        // Six steps with a large learning rate; sums of up to 200 products in single precision.
        Assert.That(losses, Is.EqualTo(expected).Within(1e-4));
    }

    [Test]
    public void Has_nearly_the_losses_of_the_cpu_in_bf16([ValueSource(nameof(NamesOfOctets))] string name)
    {
        using ComputeDevice cpu = DeviceCatalog.Open("cpu");
        float[] expected = Train(cpu, evaluates: false, ofOctets[name], outputs: 8).Losses;
        (float[] weights, float[] losses) = InBf16(graphs: false);
        // bfloat16 rounds by up to 2⁻⁸, some ten times one after the other, in either direction: 0.0055 were seen. With
        // so large a learning rate, later steps go their own ways.
        Assert.That(losses[..3], Is.EqualTo(expected[..3]).Within(0.02));
        Assert.That(losses, Is.Not.EqualTo(expected).Within(1e-4), "Nothing was rounded.");
        (float[] recordedWeights, float[] recordedLosses) = InBf16(graphs: true);
        Assert.That(recordedLosses, Is.EqualTo(losses));
        Assert.That(recordedWeights, Is.EqualTo(weights));

        (float[] Weights, float[] Losses) InBf16(bool graphs)
        {
            using ComputeDevice device = EmulatedGpu.Open(
                new DeviceOptions { Precision = Precision.Bf16, Graphs = graphs });
            return Train(device, evaluates: false, ofOctets[name], outputs: 8);
        }
    }

    [Test]
    public void Drops_other_values_than_the_step_before()
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var network = new Network(device, small, new NetworkHead(Hidden: 32, Outputs: 3, Dropout: 0.5f));
        network.Initialize(1);
        // So small a rate that each weight stays what it was.
        using var optimizer = new Optimizer(device, network, new OptimizerOptions { LearningRate = 1e-30f });
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer);
        using DeviceBuffer<float> loss = device.Allocate<float>(1);
        using DeviceBuffer<int> targets = device.Allocate<int>(2);
        var shape = new TensorShape(2, 8, 8, 3);
        float[] images = BatchLearner.Noise(shape, "images");
        device.Upload<int>(targets.View, [0, 1]);
        var losses = new List<float>();
        for (int i = 0; i < 4; i++)
        {
            step.Train(
                shape, batch => device.Upload<float>(batch.View, images), BatchTargets.OfClasses(targets.View),
                loss.View);
            losses.AddRange(device.Download(loss.View));
        }
        Assert.That(losses, Is.Unique);
    }

    private static IEnumerable<string> NamesOfOctets => ofOctets.Keys;

    private static ConvolutionLayer Convolution(int channels) =>
        new("conv", 3, channels, filterSize: 3, stride: 1, padding: 1, hasBias: true, relu: true);

    private static Architecture Of(Func<NetworkHead, IReadOnlyList<Layer>> layers) => new(
        "small", "head", SmallestImage: 4, FeatureLayers: 1, (head, _) => new Sequential(layers(head)));

    private static Architecture OfChannels(int channels) => new(
        "small", "head", SmallestImage: 4, FeatureLayers: 3, (head, dropout) => new Sequential(
        Convolution(channels),
        new MaxPoolingLayer("pool", window: 2, stride: 2, padding: 0),
        new BasicBlock("block", channels, 2 * channels, stride: 2),
        new AdaptiveAveragePoolingLayer("average", 1),
        head.Build("head", TensorShape.Vector(2 * channels), dropout)));

    private static (float[] Weights, float[] Losses, int Replays) Train(
        bool graphs, bool evaluates, string algorithms = "", Action<int, ComputeDevice, Network>? before = null)
    {
        using ComputeDevice device = EmulatedGpu.Open(
            new DeviceOptions { Precision = Precision.Fp32, Graphs = graphs, Algorithms = algorithms },
            out EmulatedGpu gpu);
        (float[] weights, float[] losses) = Train(device, evaluates, small, before: before);
        return (weights, losses, gpu.Replays);
    }

    private static (float[] Weights, float[] Losses) Train(
        ComputeDevice device, bool evaluates, Architecture architecture, int outputs = 3,
        Action<int, ComputeDevice, Network>? before = null)
    {
        using var network = new Network(device, architecture, new NetworkHead(Hidden: 5, outputs, Dropout: 0.5f));
        network.Initialize(1);
        using var optimizer = new Optimizer(
            device, network, new OptimizerOptions { LearningRate = 0.1f, Momentum = 0.9f });
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer);
        using DeviceBuffer<float> images = device.Allocate<float>(batches.Max(batch => batch.Count));
        using DeviceBuffer<float> losses = device.Allocate<float>(batches.Length);
        using DeviceBuffer<float> logits = device.Allocate<float>(12);
        for (int i = 0; i < batches.Length; i++)
        {
            TensorShape shape = batches[i];
            // Targets in another place each time, as when a batch outgrows its buffer.
            using DeviceBuffer<int> targets = device.Allocate<int>(shape.N);
            device.Upload<int>(targets.View, [.. Enumerable.Range(i, shape.N).Select(n => n % 3)]);
            device.Upload<float>(images.View.SubView(0, shape.Count), BatchLearner.Noise(shape, $"batch {i}"));
            before?.Invoke(i, device, network);
            step.Train(shape, Fill, BatchTargets.OfClasses(targets.View), losses.View.SubView(i, 1));
            if (evaluates && i == 3)
                step.Predict(new TensorShape(4, 16, 16, 3), _ => { }, logits.View);

            void Fill(Tensor batch) => device.Copy(batch.View, images.View.SubView(0, shape.Count));
        }
        return (device.Download(network.Store.Values), device.Download(losses.View));
    }
}
