using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.WeightsImport;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Library;

/// <summary>What a program of one's own may do that PyTorch allows, and what it is told where it errs.</summary>
public sealed class LibraryMisuseTests
{
    private static readonly TensorShape Batch = new(4, 8, 8, 1), SmallBatch = new(2, 8, 8, 1);

    private ComputeDevice device;
    private Network network;
    private Optimizer optimizer;
    private TrainingStep step;
    private DeviceBuffer<float> loss;

    [SetUp]
    public void Build()
    {
        device = DeviceCatalog.Open("cpu", new DeviceOptions { Threads = 2 });
        network = NewNetwork(device);
        optimizer = new Optimizer(device, network, new OptimizerOptions { LearningRate = 0.1f, Momentum = 0 });
        step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer);
        loss = device.Allocate<float>(1);
    }

    [TearDown]
    public void GiveBack()
    {
        loss.Dispose();
        step.Dispose();
        optimizer.Dispose();
        network.Dispose();
        device.Dispose();
    }

    [Test]
    public void All_parameters_may_be_told_to_train_and_running_statistics_do_not()
    {
        foreach (Parameter parameter in network.Parameters)
            parameter.RequiresGrad = true;
        Train(Batch);
        Assert.That(
            network.Parameters.Where(parameter => !parameter.RequiresGrad).Select(parameter => parameter.Name),
            Is.EqualTo(new[] { "bn.running_mean", "bn.running_var" }));
    }

    [Test]
    public void What_is_frozen_or_not_may_change_between_steps()
    {
        Train(Batch);
        network.Freeze("backbone");
        Assert.That(Changes(), Is.EqualTo(new[] { "fc.weight", "fc.bias" }));
        network.Freeze("fc");
        Assert.That(Changes(), Is.EqualTo(new[] { "conv.weight", "bn.weight", "bn.bias" }));
        network.Freeze("conv,bn,fc");
        Assert.That(
            () => Train(Batch), Throws.InvalidOperationException.With.Message.Contains("All parameters are frozen"));
    }

    [Test]
    public void The_learning_rate_may_change_between_steps()
    {
        Parameter bias = network.Parameters.Single(parameter => parameter.Name == "fc.bias");
        device.Upload<float>(network.Store.PartOf(bias, network.Store.Gradients), [1, -2]);
        device.Upload<float>(bias.Value, [0, 0]);
        optimizer.LearningRate = 0.5f;
        optimizer.Step();
        Assert.That(device.Download(bias.Value), Is.EqualTo(new[] { -0.5f, 1 }));
        optimizer.LearningRate = 0.25f;
        optimizer.Step();
        Assert.That(device.Download(bias.Value), Is.EqualTo(new[] { -0.75f, 1.5f }));
        Assert.That(
            () => optimizer.LearningRate = 0, Throws.TypeOf<UsageException>().With.Message.Contains("positive"));
        Assert.That(optimizer.LearningRate, Is.EqualTo(0.25f));
    }

    [Test]
    public void A_step_that_failed_leaves_nothing_to_the_next_of_another_size()
    {
        using DeviceBuffer<float> labels = device.Allocate<float>(2 * Batch.N);
        Assert.That(
            () => step.Train(Batch, Fill, BatchTargets.OfLabels(labels.View), loss.View), Throws.ArgumentException);
        network.Freeze("fc");
        Assert.That(() => Train(SmallBatch), Throws.Nothing);
    }

    [Test]
    public void Backward_needs_a_forward_in_training()
    {
        Assert.That(() => device.Plan(Backward), Throws.InvalidOperationException.With.Message.Contains("no Forward"));
        Assert.That(
            () => device.Plan(() => Forward(training: false)),
            Throws.InvalidOperationException.With.Message.Contains("no Forward"));
        Assert.That(
            () => device.Plan(() =>
            {
                Forward(training: true);
                Backward();
            }),
            Throws.InvalidOperationException.With.Message.Contains("no Forward"), "once for each");

        void Forward(bool training)
        {
            network.Forward(device.Arena.Rent(Batch), training).Release();
            Backward();
        }

        void Backward() => network.Backward(device.Arena.Rent(TensorShape.Matrix(Batch.N, 2)));
    }

    [Test]
    public void What_belongs_to_another_device_or_network_is_refused()
    {
        using ComputeDevice otherDevice = DeviceCatalog.Open("cpu");
        using Network other = NewNetwork(device);
        Assert.Multiple(() =>
        {
            Assert.That(
                () => new TrainingStep(device, other, Criterion.CrossEntropy, optimizer),
                Throws.ArgumentException.With.Message.Contains("another network's"));
            Assert.That(
                () => new TrainingStep(otherDevice, network, Criterion.CrossEntropy, null),
                Throws.ArgumentException.With.Message.Contains("another device"));
            Assert.That(
                () => new Optimizer(otherDevice, network, new OptimizerOptions()),
                Throws.ArgumentException.With.Message.Contains("another device"));
        });
    }

    [Test]
    public void Layers_of_another_network_are_refused_until_it_is_gone()
    {
        var linear = new Sequential(new LinearLayer("fc", TensorShape.Vector(4), 2));
        var twice = new Architecture("twice", "fc", SmallestImage: 1, FeatureLayers: 0, (_, _) => linear);
        using (new Network(device, twice, new NetworkHead(0, 2)))
        {
            Assert.That(
                () => new Network(device, twice, new NetworkHead(0, 2)),
                Throws.ArgumentException.With.Message.Contains("fc.weight is another network's"));
        }
        Assert.That(() => new Network(device, twice, new NetworkHead(0, 2)).Dispose(), Throws.Nothing);
    }

    [Test]
    public void A_layer_within_a_sequence_of_a_sequence_is_found_too()
    {
        var layer = new LeakyReluLayer(0.1f);
        Assert.That(
            () => new Sequential(layer, new Sequential(layer)),
            Throws.ArgumentException.With.Message.Contains("two places"));
        Assert.That(() => new Sequential(layer, null!), Throws.ArgumentException.With.Message.Contains("null"));
    }

    [Test]
    public void A_classifier_without_parameters_is_refused() =>
        Assert.That(
            () => new Network(device, Small with { HeadName = "head" }, new NetworkHead(0, 2)),
            Throws.ArgumentException.With.Message.Contains("'head'"));

    [Test]
    public void Places_for_logits_and_loss_must_fit()
    {
        using DeviceBuffer<float> logits = device.Allocate<float>(3);
        Assert.That(
            () => step.Predict(Batch, Fill, logits.View),
            Throws.ArgumentException.With.Message.Contains("logits has 3 elements; give it 8"));
        Assert.That(
            () => step.Train(Batch, Fill, Classes(Batch, out _), default),
            Throws.ArgumentException.With.Message.Contains("loss has 0 elements; give it 1"));
    }

    [TestCase(1.5f, 2, "--alpha 1.5 is out of range")]
    [TestCase(float.NaN, 2, "--alpha NaN is out of range")]
    [TestCase(0.25f, -1, "--gamma -1 is out of range")]
    public void Settings_of_a_loss_out_of_range_are_refused(float alpha, float gamma, string message) =>
        Assert.That(
            () => new Criterion(LossKind.Focal, new FocalOptions(alpha, gamma, Mean: true)),
            Throws.TypeOf<UsageException>().With.Message.Contains(message));

    [Test]
    public void A_loss_that_is_none_is_refused() =>
        Assert.That(
            () => new Criterion((LossKind)7, FocalOptions.Study),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("use one of CrossEntropy"));

    [Test]
    public void What_another_kind_of_optimizer_remembers_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var adam = new Optimizer(device, network, new OptimizerOptions { Kind = OptimizerKind.Adam });
        string file = folder.PathOf("of-adam");
        Checkpoint.Save(file, device, network, adam);
        Assert.That(
            () => Checkpoint.Load(file, device, network, optimizer),
            Throws.TypeOf<NetworkException>().With.Message.Contains("'optimizer.momentum_buffer.conv.weight'")
                .And.Message.Contains("an optimizer of the same kind"));
        Assert.That(() => Checkpoint.Load(file, device, network, adam), Throws.Nothing);
    }

    [Test]
    public void A_second_thread_is_told_that_a_step_runs()
    {
        Exception? seen = null;
        device.Run(() =>
        {
            var thread = new Thread(() => seen = Assert.Catch(() => device.Plan(() => { })));
            thread.Start();
            thread.Join();
        });
        Assert.That(seen, Is.TypeOf<InvalidOperationException>().With.Message.Contains("Another thread"));
        Assert.That(() => device.Plan(() => { }), Throws.Nothing);
    }

    [Test]
    public void A_device_that_is_given_back_allocates_nothing()
    {
        ComputeDevice gone = DeviceCatalog.Open("cpu");
        gone.Dispose();
        Assert.That(() => gone.Allocate<float>(1), Throws.TypeOf<ObjectDisposedException>());
    }

    private static Architecture Small => new(
        "small", "fc", SmallestImage: 1, FeatureLayers: 2,
        (head, _) => new Sequential(
            new ConvolutionLayer("conv", 1, 4, filterSize: 3, stride: 1, padding: 1),
            new BatchNormLayer("bn", 4, relu: true), new LinearLayer("fc", new TensorShape(1, 8, 8, 4), head.Outputs)));

    private static Network NewNetwork(ComputeDevice device)
    {
        var network = new Network(device, Small, new NetworkHead(0, 2));
        network.Initialize(1);
        return network;
    }

    private void Train(TensorShape batch)
    {
        BatchTargets targets = Classes(batch, out DeviceBuffer<int> classes);
        using (classes)
            step.Train(batch, Fill, targets, loss.View);
    }

    private BatchTargets Classes(TensorShape batch, out DeviceBuffer<int> classes)
    {
        classes = device.Allocate<int>(batch.N);
        device.Upload<int>(classes.View, [.. Enumerable.Range(0, batch.N).Select(n => n % 2)]);
        return BatchTargets.OfClasses(classes.View);
    }

    private void Fill(Tensor images) => device.Upload(
        images, [.. Enumerable.Range(0, (int)images.Shape.Count).Select(i => MathF.Sin(i))]);

    /// <summary>The learned parameters that a step changes.</summary>
    private string[] Changes()
    {
        Parameter[] learned = [.. network.Parameters.Where(parameter => !parameter.IsBuffer)];
        float[][] before = [.. learned.Select(parameter => device.Download(parameter.Value))];
        Train(Batch);
        return
        [
            .. learned.Where((parameter, i) => !device.Download(parameter.Value).SequenceEqual(before[i]))
                .Select(parameter => parameter.Name),
        ];
    }
}
