using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;

namespace IlgpuCxr.Tests.Models;

/// <summary>
/// What trains in each row of the study's tables, with what it calls frozen or with torchvision's names.
/// </summary>
public sealed class StudyRowTests
{
    // VGG16's convolutions, counted from Simonyan and Zisserman's table 1, column D: 3 x 3 x in x out weights and a
    // bias an output.
    private const long Conv12 = 3 * 9 * 64 + 64 + 64 * 9 * 64 + 64 + 64 * 9 * 128 + 128 + 128 * 9 * 128 + 128;
    private const long Conv3 = 128 * 9 * 256 + 256 + 2 * (256 * 9 * 256 + 256);
    private const long Conv45 = 256 * 9 * 512 + 512 + 5 * (512 * 9 * 512 + 512);
    private const long VggHead = 3_261_832, Classifier = 25088L * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * 3 + 3;
    private const long ResNetWithoutHead = 11_176_512;

    private const string Conv1To3 = "features.0,features.2,features.5,features.7,features.10,features.12,features.14";

    // 3,261,832 and 66,952 are in the study's own output. NetworkTests has the other rows of ResNet18.
    [TestCase("vgg16", "backbone", VggHead, TestName = "Row_1_trains_the_head")]
    [TestCase("vgg16", "features", VggHead, TestName = "Row_1_by_torchvisions_name")]
    [TestCase("resnet18", "backbone", 66_952, TestName = "Row_2_trains_the_head")]
    [TestCase("vgg16", "features[:17]", Conv45 + VggHead, TestName = "Row_3_trains_conv4_conv5_and_the_head")]
    [TestCase("vgg16", Conv1To3, Conv45 + VggHead, TestName = "Row_3_by_torchvisions_names")]
    [TestCase("vgg16", "features[:10]", Conv3 + Conv45 + VggHead, TestName = "Row_4_trains_conv3_and_what_follows")]
    [TestCase("vgg16", "none", Conv12 + Conv3 + Conv45 + VggHead, TestName = "Row_5_trains_everything")]
    public void Part_1(string network, string freeze, long trainable)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "" });
        using var net = new Network(device, network, NetworkHead.Part1);
        net.Freeze(freeze);
        Assert.That(net.Parameters.Where(p => p.RequiresGrad).Sum(p => p.Shape.Count), Is.EqualTo(trainable));
    }

    // Without a device: VGG16's own classifier takes half a gigabyte.
    [TestCase("vgg16", Conv12 + Conv3 + Conv45 + Classifier)]
    [TestCase("resnet18", ResNetWithoutHead + 512 * 3 + 3)]
    public void Part_2_trains_everything(string network, long trainable)
    {
        Layer layers = Architecture.Of(network).Build(NetworkHead.Part2, new DropoutState());
        Assert.That(layers.Parameters.Where(p => p.RequiresGrad).Sum(p => p.Shape.Count), Is.EqualTo(trainable));
    }

    [Test]
    public void Vgg16s_own_classifier_has_torchvisions_names_and_drops_behind_both_hidden_layers()
    {
        var rows = new List<LayerDescription>();
        Architecture.Of("vgg16")
            .Build(NetworkHead.Part2, new DropoutState())
            .Describe(new TensorShape(1, 224, 224, 3), rows);
        Assert.That(rows.TakeLast(7).Select(row => $"{row.Name} {row.Kind}"), Is.EqualTo(new[]
        {
            "classifier.0 linear", "classifier.1 ReLU", "classifier.2 dropout 0.5",
            "classifier.3 linear", "classifier.4 ReLU", "classifier.5 dropout 0.5", "classifier.6 linear",
        }));
    }

    [Test]
    public void A_head_without_dropout_is_the_studys()
    {
        var rows = new List<LayerDescription>();
        Architecture.Of("vgg16")
            .Build(NetworkHead.Part1, new DropoutState())
            .Describe(new TensorShape(1, 224, 224, 3), rows);
        Assert.That(
            rows.TakeLast(3).Select(row => $"{row.Name} {row.Kind}"),
            Is.EqualTo(new[] { "classifier.0 linear", "classifier.1 ReLU", "classifier.2 linear" }));
    }

    [TestCase("features[:0]")]
    [TestCase("features[:x]")]
    [TestCase("features[3:]")]
    [TestCase("feature[:17]")]
    public void A_slice_without_parts_is_told(string freeze)
    {
        using ComputeDevice device = DeviceCatalog.Open("cpu", new DeviceOptions { Algorithms = "" });
        using var network = new Network(device, "vgg16", NetworkHead.Part1);
        Assert.That(() => network.Freeze(freeze), Throws.TypeOf<UsageException>().With.Message.Contains($"'{freeze}'"));
    }
}
