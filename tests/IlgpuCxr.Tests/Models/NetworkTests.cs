using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Tests.Models;

public sealed class NetworkTests
{
    // Weights and biases of each part, counted by hand from He et al.'s table 1: K R S C a convolution, 2 K a batch
    // norm.
    private const long Stem = 64 * 7 * 7 * 3 + 2 * 64;
    private const long Layer1 = 4 * (64 * 9 * 64 + 2 * 64);
    private const long Layer2 = 128 * 9 * 64 + 3 * 128 * 9 * 128 + 128 * 64 + 5 * 2 * 128;
    private const long Layer3 = 256 * 9 * 128 + 3 * 256 * 9 * 256 + 256 * 128 + 5 * 2 * 256;
    private const long Layer4 = 512 * 9 * 256 + 3 * 512 * 9 * 512 + 512 * 256 + 5 * 2 * 512;
    private const long Head = 512 * 130 + 130 + 130 * 2 + 2;

    private ComputeDevice device;
    private Network network;

    [SetUp]
    public void MakeNetwork()
    {
        device = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "" });
        network = new Network(device, "resnet18", NetworkHead.Part1);
    }

    [TearDown]
    public void RemoveIt()
    {
        network.Dispose();
        device.Dispose();
    }

    // The rows of the study, see its table of what is frozen; 66,952 trainable parameters in row 2 are in the study's
    // text.
    [TestCase("backbone", 66_952, TestName = "Row_2_trains_the_head")]
    [TestCase("conv1,bn1,layer1,layer2,layer3", Layer4 + Head, TestName = "Row_6_trains_layer4_and_the_head")]
    [TestCase("conv1, bn1, layer1", Layer2 + Layer3 + Layer4 + Head, TestName = "Row_7_trains_layer2_and_what_follows")]
    [TestCase("none", Stem + Layer1 + Layer2 + Layer3 + Layer4 + Head, TestName = "Row_8_trains_everything")]
    [TestCase(
        "layer4.1.bn2.weight", Stem + Layer1 + Layer2 + Layer3 + Layer4 + Head - 512,
        TestName = "A_single_parameter_can_be_frozen")]
    public void Freezing(string specification, long trainable)
    {
        network.Freeze(specification);
        IReadOnlyList<LayerDescription> layers = network.Describe(new TensorShape(1, 224, 224, 3));
        Assert.That(layers.Sum(layer => layer.Trainable), Is.EqualTo(trainable));
        Assert.That(
            layers.Sum(layer => layer.Parameters), Is.EqualTo(11_243_464),
            "ResNet18's 11,176,512 and the head's 66,952");
    }

    [Test]
    public void What_dropout_drops_follows_the_seed_of_the_first_weights()
    {
        network.Initialize(7);
        Assert.That(network.Dropout.Seed, Is.EqualTo(7));
    }

    [Test]
    public void Freezing_replaces_what_was_frozen_before()
    {
        network.Freeze("backbone");
        network.Freeze("fc");
        Assert.That(
            network.Parameters.Where(p => p.RequiresGrad).Select(p => p.Name),
            Has.Some.EqualTo("conv1.weight").And.None.StartsWith("fc"));
    }

    [TestCase("layer5")]
    [TestCase("layer")]
    [TestCase("conv1,backbone")]
    public void A_name_that_is_no_part_is_told(string specification) =>
        Assert.That(
            () => network.Freeze(specification),
            Throws.TypeOf<UsageException>().With.Message.Contains(
                $"'{specification.Split(',')[^1]}'").And.Message.EndsWith(
                    "conv1, bn1, layer1, layer2, layer3, layer4, fc, or what is in one, such as conv1.weight."));

    [Test]
    public void The_forward_pass_takes_the_operations_of_the_paper()
    {
        double flops = network.Describe(new TensorShape(1, 224, 224, 3)).Sum(layer => layer.Flops);
        // He et al. count 1.8 x 10^9 multiply-adds.
        Assert.That(flops / 2, Is.EqualTo(1.8e9).Within(0.05e9));
    }

    [Test]
    public void The_shortcut_does_not_change_what_comes_behind_it() =>
        Assert.That(
            network.Describe(new TensorShape(2, 224, 224, 3))[^5].Output, Is.EqualTo(new TensorShape(2, 7, 7, 512)));

    [Test]
    public void Trainable_neighbours_are_one_stretch_of_memory()
    {
        Assert.That(
            network.Store.TrainableRanges(), Is.EqualTo(new[] { (0L, network.Store.LearnedCount) }), "nothing frozen");

        network.Freeze("layer1");
        (long Offset, long Count)[] ranges = [.. network.Store.TrainableRanges()];
        Assert.That(ranges, Has.Length.EqualTo(2));
        Assert.That(ranges[0].Offset, Is.Zero);
        Assert.That(ranges[0].Count, Is.EqualTo(OffsetOf("layer1.0.conv1.weight")));
        Assert.That(ranges[1].Offset, Is.EqualTo(OffsetOf("layer2.0.conv1.weight")));
        Assert.That(ranges[1].Offset + ranges[1].Count, Is.EqualTo(network.Store.LearnedCount));

        network.Freeze("backbone");
        Assert.That(
            network.Store.TrainableRanges(),
            Is.EqualTo(new[] { (OffsetOf("fc.0.weight"), network.Store.LearnedCount - OffsetOf("fc.0.weight")) }));
    }

    [Test]
    public void Nothing_is_trainable_when_all_parts_are_frozen()
    {
        network.Freeze("conv1,bn1,layer1,layer2,layer3,layer4,fc");
        Assert.That(network.Store.TrainableRanges(), Is.Empty);
    }

    [TestCase(1, 32, false)]
    [TestCase(2, 32, true)]
    [TestCase(1, 33, true)]
    public void One_smallest_image_is_too_little_to_train_on(int images, int size, bool expected) =>
        Assert.That(network.CanTrainOn(new TensorShape(images, size, size, 3)), Is.EqualTo(expected));

    [Test]
    public void A_batch_that_is_too_small_is_told_with_a_size_and_a_batch_that_are_not() =>
        Assert.That(
            () => network.RequireTrainable(new TensorShape(1, 32, 32, 3)),
            Throws.TypeOf<UsageException>().With.Message.EndsWith("use a size of 65 or a batch of 8, or more."));

    [Test]
    public void A_network_that_is_disposed_of_is_not_computed_and_its_parameters_are_empty()
    {
        using var step = new TrainingStep(device, network, Criterion.CrossEntropy, optimizer: null);
        using DeviceBuffer<float> logits = device.Allocate<float>(network.Head.Outputs);
        Parameter kept = network.Parameters[0];
        network.Dispose();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => step.Predict(new TensorShape(1, 32, 32, 3), _ => { }, logits.View),
                Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => network.Initialize(1), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => Checkpoint.Save("none", device, network), Throws.TypeOf<ObjectDisposedException>());
            Assert.That((kept.Value.Length, kept.Gradient.Length), Is.EqualTo((0L, 0L)));
        }
    }

    private long OffsetOf(string name) => network.Store.OffsetOf(network.Parameters.Single(p => p.Name == name));
}
