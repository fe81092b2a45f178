using System.Runtime.Versioning;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.Models;
using IlgpuCxr.Tests.WeightsImport;
using IlgpuCxr.Weights;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.Weights;

public sealed class WeightImportTests
{
    private static readonly NetworkHead ImageNet = new(0, 1000);

    private TemporaryFolder folder;
    private ComputeDevice device;

    [SetUp]
    public void Open()
    {
        folder = new TemporaryFolder();
        device = DeviceCatalog.Open("cpu");
    }

    [TearDown]
    public void Close()
    {
        device.Dispose();
        folder.Dispose();
    }

    [TestCase(".pth")]
    [TestCase(".safetensors")]
    public void Every_tensor_arrives_in_this_librarys_order(string extension)
    {
        using var network = new Network(device, "resnet18", ImageNet);
        WeightImportReport report = WeightImport.Load(
            device, network, Write(extension, NetworkState.Of("resnet18", ImageNet)));

        Assert.That(report.Loaded, Is.EqualTo(network.Parameters.Count));
        Assert.That(report.Dropped, Is.Empty);
        Assert.That(report.Kept, Is.Empty);
        foreach (Parameter parameter in network.Parameters)
            AssertImported(parameter);
    }

    [TestCase(130, 2, "fc.0.weight, fc.0.bias, fc.2.weight, fc.2.bias")]
    [TestCase(0, 3, "fc.weight, fc.bias")]
    public void A_classifier_of_1000_classes_is_dropped_for_another_and_said_so(int hidden, int outputs, string kept)
    {
        using var network = new Network(device, "resnet18", new NetworkHead(hidden, outputs));
        network.Initialize(7);
        float[] before = device.Download(network.Parameters[^2].Value);
        WeightImportReport report = WeightImport.Load(
            device, network, Write(".pth", NetworkState.Of("resnet18", ImageNet)));

        Assert.That(report.Dropped, Is.EqualTo(new[] { "fc.weight", "fc.bias" }));
        Assert.That(string.Join(", ", report.Kept), Is.EqualTo(kept));
        Assert.That(
            report.ToString(), Does.Contain("its classifier was dropped (fc.weight, fc.bias)").And.Contain(kept));
        Assert.That(
            device.Download(network.Parameters[^2].Value), Is.EqualTo(before),
            "the new classifier keeps its first values");
        AssertImported(network.Parameters[0]);
    }

    [Test]
    public void A_file_without_a_classifier_leaves_the_networks_own()
    {
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        WeightImportReport report = WeightImport.Load(
            device, network,
            Write(
                ".pth",
                NetworkState.Of("resnet18", ImageNet).Where(
                    tensor => !tensor.Name.StartsWith("fc", StringComparison.Ordinal))));
        Assert.That(report.Dropped, Is.Empty);
        Assert.That(report.Kept, Has.Count.EqualTo(4));
    }

    [Test]
    public void Of_Vgg16s_classifier_only_what_differs_is_replaced()
    {
        using var network = new Network(device, "vgg16", new NetworkHead(0, 2));
        // A file of all weights has half a gigabyte: of this one the refusal tells what was looked for in it.
        string path = Write(
            ".safetensors",
            [
                new("classifier.0.bias", [1], new float[1]), new("classifier.3.bias", [1], new float[1]),
                new("classifier.6.weight", [1000, 4096], new float[1000 * 4096])]);
        Assert.That(
            () => WeightImport.Load(device, network, path),
            Throws.TypeOf<NetworkException>().With.Message.Contains("(missing: features.0.weight").And.Message
                .Contains(
                    "; of another shape: classifier.0.bias is [1] instead of [4096], classifier.3.bias is [1] instead of [4096])"));
    }

    [Test]
    public void All_of_Vgg16s_classifier_keeps_its_own_where_a_file_has_none()
    {
        using var network = new Network(device, "vgg16", new NetworkHead(0, 2));
        Assert.That(
            () =>
                WeightImport.Load(device, network, Write(".safetensors", [new("features.0.bias", [1], new float[1])])),
            Throws.TypeOf<NetworkException>().With.Message.Contains(
                "(missing: features.0.weight, features.2.weight, features.2.bias and 22 more; of another shape: features.0.bias"),
            "of 26 features 25 are missing, and no layer of the classifier");
    }

    [Test]
    public void A_trained_classifier_comes_along_where_it_fits_and_is_refused_elsewhere()
    {
        string path = Write(".safetensors", NetworkState.Of("resnet18", NetworkHead.Part1));
        using var same = new Network(device, "resnet18", NetworkHead.Part1);
        Assert.That(WeightImport.Load(device, same, path).Loaded, Is.EqualTo(same.Parameters.Count));

        using var other = new Network(device, "resnet18", new NetworkHead(130, 3));
        Assert.That(
            () => WeightImport.Load(device, other, path),
            Throws.TypeOf<NetworkException>().With.Message.Contains(
                "of another shape: fc.2.weight is [2, 130] instead of [3, 130], fc.2.bias is [2] instead of [3]"));
    }

    [Test]
    public void Everything_that_does_not_fit_is_told_at_once_and_nothing_is_changed()
    {
        List<WeightTensor> tensors = NetworkState.Of("resnet18", ImageNet);
        tensors.RemoveAll(tensor => tensor.Name is "conv1.weight" or "layer4.1.bn2.running_var");
        int reshaped = tensors.FindIndex(tensor => tensor.Name == "layer1.0.conv1.weight");
        tensors[reshaped] = new WeightTensor("layer1.0.conv1.weight", [64, 9, 64], tensors[reshaped].ToFloat32());
        int complex = tensors.FindIndex(tensor => tensor.Name == "bn1.bias");
        tensors[complex] = new WeightTensor("bn1.bias", TensorDataType.Complex64, [64], new byte[512]);
        tensors.Add(new WeightTensor("layer9.weight", [1], new float[1]));
        tensors.Add(new WeightTensor("layer9.num_batches_tracked", [1], new float[1]));
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        network.Initialize(1);
        float[] before = device.Download(network.Store.Values);

        NetworkException misfit = Assert.Throws<NetworkException>(
            () => WeightImport.Load(device, network, Write(".pth", tensors)))!;
        foreach (string part in new[]
        {
            "missing: conv1.weight, layer4.1.bn2.running_var",
            "not expected: layer9.weight, layer9.num_batches_tracked",
            "layer1.0.conv1.weight is [64, 9, 64] instead of [64, 64, 3, 3]", "bn1.bias holds Complex64 elements",
        })
        {
            Assert.That(misfit.Message, Does.Contain(part));
        }
        Assert.That(misfit.Message, Does.Not.Contain("\n"));
        Assert.That(device.Download(network.Store.Values), Is.EqualTo(before));
    }

    [Test]
    public void Weights_of_another_network_are_refused()
    {
        using var network = new Network(device, "resnet18", NetworkHead.Part1);
        WeightTensor[] some =
            [new("features.0.weight", [64, 3, 3, 3], new float[64 * 27]), new("features.0.bias", [64], new float[64])];
        Assert.That(
            () => WeightImport.Load(device, network, Write(".pth", some)),
            Throws.TypeOf<NetworkException>().With.Message.Contains(
                "not expected: features.0.weight, features.0.bias").And.Message.Contains("missing: conv1.weight"));
    }

    [TestCase("module.")]
    [TestCase("model.module.")]
    [TestCase("state_dict.")]
    public void Prefixes_and_what_a_checkpoint_holds_besides_are_no_obstacle(string prefix)
    {
        List<WeightTensor> tensors =
            [.. NetworkState.Of("resnet18", NetworkHead.Part2).Select(tensor => tensor.Rename(prefix + tensor.Name))];
        tensors.Add(
            new WeightTensor(
                prefix + "layer1.0.bn1.num_batches_tracked", TensorDataType.Int64, [], BitConverter.GetBytes(5L)));
        tensors.Add(new WeightTensor("optimizer.momentum_buffer.conv1.weight", [1], new float[1]));
        using var network = new Network(device, "resnet18", NetworkHead.Part2);
        Assert.That(
            WeightImport.Load(device, network, Write(".safetensors", tensors)).Loaded,
            Is.EqualTo(network.Parameters.Count));
        AssertImported(network.Parameters[0]);
    }

    [Test]
    public void Halves_are_widened()
    {
        var halves = NetworkState.Of(
            "resnet18", NetworkHead.Part2, parameter => [.. NetworkState.Distinct(parameter).Select(x => x % 2000)])
            .Select(tensor => new WeightTensor(
                tensor.Name, TensorDataType.Float16, tensor.Shape,
                tensor.ToFloat32().SelectMany(x => BitConverter.GetBytes((Half)x)).ToArray()));
        using var network = new Network(device, "resnet18", NetworkHead.Part2);
        WeightImport.Load(device, network, Write(".pth", halves));
        Parameter kernel = network.Parameters.Single(parameter => parameter.Name == "layer3.0.conv2.weight");
        Assert.That(
            Reordered.ToPyTorch(kernel, device.Download(kernel.Value)),
            Is.EqualTo(NetworkState.Distinct(kernel).Select(x => x % 2000)));
    }

    [Test]
    public void Converting_keeps_names_shapes_types_and_values()
    {
        List<WeightTensor> tensors = NetworkState.Of("resnet18", NetworkHead.Part2);
        tensors.Add(new WeightTensor("bn1.num_batches_tracked", TensorDataType.Int64, [], BitConverter.GetBytes(5L)));
        string first = Write(".safetensors", tensors.Select(tensor => tensor.Rename("module." + tensor.Name)));
        WeightConversion.Convert(first, folder.PathOf("b.pth"));
        WeightConversion.Convert(folder.PathOf("b.pth"), folder.PathOf("c.safetensors"));

        using WeightFile file = WeightFile.Open(folder.PathOf("c.safetensors"));
        Assert.That(file.Select(tensor => tensor.Name), Is.EqualTo(tensors.Select(tensor => tensor.Name)));
        foreach (WeightTensor tensor in tensors)
        {
            Assert.That(file[tensor.Name].Shape, Is.EqualTo(tensor.Shape));
            Assert.That(file[tensor.Name].DataType, Is.EqualTo(tensor.DataType));
            Assert.That(file[tensor.Name].ToFloat32().AsSpan().SequenceEqual(tensor.ToFloat32()), tensor.Name);
        }
        Assert.That(
            () => WeightConversion.Convert(first, folder.PathOf("d.h5")),
            Throws.TypeOf<UsageException>().With.Message.Contains(".pth or .safetensors"));
    }

    [Test]
    public void Weights_are_found_by_the_networks_name_and_told_apart_by_their_hash()
    {
        string here = Path.GetDirectoryName(folder.PathOf("a"))!;
        Assert.That(
            () => InitialWeights.Find(here, "resnet18"),
            Throws.TypeOf<NetworkException>().With.Message.Contains("There is no file resnet18*.pth"));
        folder.Write("notes.txt", [1]);
        folder.Write("vgg16.pth", [1]);
        string path = folder.Write("ResNet18-mine.safetensors", [1, 2, 3]);
        InitialWeights found = InitialWeights.Find(here, "resnet18");
        Assert.That(found.Path, Is.EqualTo(path));
        Assert.That(
            found.Identity, Is.EqualTo("sha256:039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81"));
        Assert.That(InitialWeights.Find(path, "resnet18").Identity, Is.EqualTo(found.Identity));
        folder.Write("resnet18.h5", [1]);
        Assert.That(
            () => InitialWeights.Find(here, "resnet18"),
            Throws.TypeOf<NetworkException>().With.Message.Contains("several files of resnet18"));
        Assert.That(
            () => InitialWeights.Find(path + "x", "resnet18"),
            Throws.TypeOf<NetworkException>().With.Message.Contains("There are no weights"));
        Assert.That(InitialWeights.Find("random", "resnet18"), Is.SameAs(InitialWeights.Random));
    }

    [Test]
    public void Weights_that_were_replaced_since_they_were_found_are_refused()
    {
        using var network = new Network(device, "resnet18", ImageNet);
        List<WeightTensor> tensors = NetworkState.Of("resnet18", ImageNet);
        InitialWeights found = InitialWeights.Find(Write(".safetensors", tensors), "resnet18");
        Assert.That(() => found.Load(device, network), Throws.Nothing);
        tensors.Reverse();
        Write(".safetensors", tensors);
        Assert.That(
            () => found.Load(device, network),
            Throws.TypeOf<NetworkException>().With.Message.StartsWith(
                $"The weights {found.Path} were replaced after this run began; "));
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "On Windows other means bar a file.")]
    [UnsupportedOSPlatform("windows")]
    public void Weights_that_may_not_be_read_are_named()
    {
        string path = folder.Write("resnet18.pth", [1]), below = folder.PathOf("below");
        Directory.CreateDirectory(below);
        File.SetUnixFileMode(path, UnixFileMode.None);
        File.SetUnixFileMode(below, UnixFileMode.None);
        try
        {
            Assume.That(() => File.ReadAllBytes(path), Throws.Exception, "root may read everything");
            Assert.That(
                () => InitialWeights.Find(path, "resnet18"),
                Throws.TypeOf<WeightFormatException>().With.Message.StartsWith(
                    $"{path}: cannot be opened").And.Message.EndsWith("check that it is a readable file."));
            Assert.That(
                () => InitialWeights.Find(below, "resnet18"),
                Throws.TypeOf<NetworkException>().With.Message.Contains(
                    $"{below} cannot be listed").And.Message.Contains("check its permissions"));
        }
        finally
        {
            File.SetUnixFileMode(below, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [TestCase(float.NaN)]
    [TestCase(float.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_refused_with_its_tensors_name(float value)
    {
        using var network = new Network(device, "resnet18", ImageNet);
        network.Initialize(7);
        float[] before = device.Download(network.Parameters[0].Value);
        var bias = new float[1000];
        bias[999] = value;
        string path = Write(".safetensors", NetworkState.Of("resnet18", ImageNet).Select(
            tensor => tensor.Name == "fc.bias" ? new WeightTensor(tensor.Name, tensor.Shape, bias) : tensor));
        Assert.That(
            () => WeightImport.Load(device, network, path),
            Throws.TypeOf<NetworkException>().With.Message.Contains("fc.bias").And.Message.Contains(path));
        Assert.That(device.Download(network.Parameters[0].Value), Is.EqualTo(before));
    }

    [Test]
    public void Statistics_leave_out_what_is_not_finite()
    {
        string path = folder.PathOf("a.safetensors");
        SafetensorsFile.Write(
            path,
            [
                new("a", [5], new[] { 1f, 2f, float.NaN, 6f, float.PositiveInfinity }),
                new("b", [0], Array.Empty<float>()), new("c", [1], new[] { float.NaN })]);
        using WeightFile file = WeightFile.Open(path);
        Assert.That(WeightStatistics.Of(file["a"]), Is.EqualTo(new WeightStatistics(1, 6, 3, Math.Sqrt(14 / 3.0), 2)));
        Assert.That(WeightStatistics.Of(file["b"]), Is.Null);
        Assert.That(WeightStatistics.Of(file["c"]), Is.Null);
    }

    [Test]
    public void Statistics_are_of_all_elements()
    {
        const int Half = 100_000;
        string path = folder.PathOf("a.safetensors");
        SafetensorsFile.Write(
            path, [new("a", [2 * Half], Enumerable.Repeat(1f, Half).Concat(Enumerable.Repeat(3f, Half)).ToArray())]);
        using WeightFile file = WeightFile.Open(path);
        WeightStatistics statistics = WeightStatistics.Of(file["a"])!;
        Assert.That((statistics.Minimum, statistics.Maximum, statistics.NotFinite), Is.EqualTo((1.0, 3.0, 0L)));
        Assert.That((statistics.Mean, statistics.Deviation), Is.EqualTo((2.0, 1.0)).Within(1e-9));
    }

    private string Write(string extension, IEnumerable<WeightTensor> tensors)
    {
        string path = folder.PathOf("a" + extension);
        if (extension == ".pth")
            PyTorchFile.Write(path, tensors);
        else
            SafetensorsFile.Write(path, tensors);
        return path;
    }

    private void AssertImported(Parameter parameter)
    {
        float[] actual = Reordered.ToPyTorch(parameter, device.Download(parameter.Value));
        Assert.That(actual.AsSpan().SequenceEqual(NetworkState.Distinct(parameter)), parameter.Name);
    }
}
