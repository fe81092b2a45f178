using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.Weights;
using IlgpuCxr.Weights;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.WeightsImport;

public class PyTorchFileTests
{
    private static readonly string[] KindsFiles =
    [
        "torch_kinds_zip.pth", "torch_kinds_legacy.pth",
        "python_kinds_zip.pth", "python_kinds_protocol4.pth", "python_kinds_legacy.pth",
    ];

    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => folder.Dispose();

    [TestCaseSource(nameof(KindsFiles))]
    public void TensorsOfEveryKindAreRead(string name)
    {
        using WeightFile file = PyTorchFile.Read(Fixture.PathOf(name));

        AssertKinds(file);
    }

    [TestCaseSource(nameof(KindsFiles))]
    public void TensorsOfEveryKindSurviveBothWriters(string name)
    {
        using (WeightFile file = PyTorchFile.Read(Fixture.PathOf(name)))
        {
            PyTorchFile.Write(folder.PathOf("a.pth"), file);
            SafetensorsFile.Write(folder.PathOf("a.safetensors"), file);
        }

        using WeightFile archive = PyTorchFile.Read(folder.PathOf("a.pth"));
        using WeightFile safetensors = SafetensorsFile.Read(folder.PathOf("a.safetensors"));
        AssertKinds(archive);
        AssertKinds(safetensors);
    }

    [TestCase("torch_checkpoint_zip.pth")]
    [TestCase("torch_checkpoint_legacy.pth")]
    public void ACheckpointsStateDictIsFoundWithTheFilesOwnNames(string name)
    {
        using WeightFile file = PyTorchFile.Read(Fixture.PathOf(name));

        Assert.That(file.Select(t => t.Name), Is.EqualTo(new[]
        {
            "module.0.weight", "module.0.bias", "module.1.weight", "module.1.bias", "module.1.running_mean",
            "module.1.running_var", "module.1.num_batches_tracked",
        }));
        Assert.That(file["module.0.weight"].Shape, Is.EqualTo(new long[] { 2, 1, 3, 3 }));
        Assert.That(file["module.0.weight"].ToFloat32(), Is.EqualTo(Range(18)));
        Assert.That(file["module.1.num_batches_tracked"].ToFloat32(), Is.EqualTo(new[] { 1f }));
    }

    [TestCase("torch_checkpoint_zip.pth")]
    [TestCase("torch_checkpoint_legacy.pth")]
    public void ConvertingRemovesTheDataParallelPrefix(string name)
    {
        WeightConversion.Convert(Fixture.PathOf(name), folder.PathOf("a.safetensors"));

        using WeightFile file = SafetensorsFile.Read(folder.PathOf("a.safetensors"));
        Assert.That(file.Select(t => t.Name), Is.EqualTo(new[]
        {
            "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked",
        }));
    }

    [Test]
    public void ANetworkTakesAFileOfDataParallelTraining()
    {
        string path = folder.PathOf("a.pth");
        List<WeightTensor> tensors = NetworkState.Of("resnet18", NetworkHead.Part2);
        PyTorchFile.Write(path, tensors.Select(tensor => tensor.Rename("module." + tensor.Name)));
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var network = new Network(device, "resnet18", NetworkHead.Part2);

        Assert.That(WeightImport.Load(device, network, path).Loaded, Is.EqualTo(network.Parameters.Count));
    }

    [TestCase("state_dict")]
    [TestCase("model")]
    [TestCase("model_state_dict")]
    public void AStateDictIsFoundUnderEveryUsualKey(string key)
    {
        const string Tensor =
            "ctorch._utils\n_rebuild_tensor_v2\n((X\a\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00NK\u0001tQK\0K\u0001\u0085K\u0001\u0085\u0089NtR";
        string pickle = $"}}X{(char)key.Length}\0\0\0{key}}}X\u0001\0\0\0a{Tensor}ss.";
        using WeightFile file = PyTorchFile.Read(WriteArchive(Encoding.Latin1.GetBytes(pickle), new byte[4]));
        Assert.That(file.Select(tensor => tensor.Name), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void AFileOfPython2IsRead()
    {
        using WeightFile file = PyTorchFile.Read(Fixture.PathOf("python2_legacy.pth"));

        Assert.That(file.Select(t => t.Name), Is.EqualTo(new[] { "fc.weight", "fc.bias" }));
        Assert.That(file["fc.weight"].ToFloat32(), Is.EqualTo(new[] { 2f, 3f, 4f, 5f }), "a part of the storage");
        Assert.That(file["fc.bias"].ToFloat32(), Is.EqualTo(new[] { 1f, 2f }));
    }

    [Test]
    public void ATensorOfAnUntypedStorageIsRead()
    {
        using WeightFile file = PyTorchFile.Read(Fixture.PathOf("python_untyped.pth"));

        Assert.That(file["a"].DataType, Is.EqualTo(TensorDataType.UInt16));
        Assert.That(file["a"].ToFloat32(), Is.EqualTo(new[] { 1f, 2f, 65535f }));
    }

    [Test]
    public void APickledModuleIsRefusedByName() => Assert.That(
        () => PyTorchFile.Read(Fixture.PathOf("torch_module.pth")),
        Throws.TypeOf<WeightFormatException>().With.Message.Contains(
            "contains torch.nn.modules.linear.Linear, which is not tensor data"));

    [TestCase(@"cos\nsystem\nX\u0004\0\0\0evil\u0085R.", "contains os.system, which is not tensor data")]
    [TestCase(@"cbuiltins\neval\n.", "contains builtins.eval, which is not tensor data")]
    [TestCase(@"X\u0002\0\0\0osX\u0006\0\0\0system\u0093.", "contains os.system, which is not tensor data")]
    [TestCase(@"ctorch\nload\n.", "contains torch.load, which is not tensor data")]
    [TestCase(@"ccollections\nOrderedDict\nX\u0001\0\0\0a\u0085R.", "a call that makes no tensor")]
    [TestCase("i", "instruction 0x69 at byte")]
    [TestCase("]", "ends before it is complete")]
    [TestCase(".", "too few values")]
    [TestCase("a.", "too few values")]
    [TestCase("(0.", "too few values")]
    [TestCase("t.", "no mark")]
    [TestCase("NNa.", "a value of the wrong kind")]
    [TestCase("}(Nu.", "a key without a value")]
    [TestCase(@"h\u0001.", "an unknown memo")]
    [TestCase(@"Nr\u00ff\u00ff\u00ff\u00ff.", "a memo out of order")]
    [TestCase(@"X\u00ff\u00ff\u00ff\u00ff.", "a text of 4294967295 bytes")]
    [TestCase(@"X\u0010\0\0\0a.", "ends before it is complete")]
    [TestCase(@"\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff.", "a text of -1 bytes")]
    [TestCase("NNb.", "state for an object that has none")]
    [TestCase("N.", "is not a dictionary of tensors")]
    [TestCase("].", "is not a dictionary of tensors")]
    [TestCase("}.", "has no tensors at its top")]
    [TestCase(@"}q\u0001X\u0005\0\0\0modelh\u0001s.", "has no tensors at its top")]
    [TestCase(")Q.", "a reference that is no storage")]
    public void APickleThatIsNoStateDictIsRefused(string pickle, string message) => Assert.That(
        () => PyTorchFile.Read(WriteArchive(Latin1(pickle))),
        Throws.TypeOf<WeightFormatException>().With.Message.Contains(message));

    [TestCase("0", 4, @"K\0", @"K\u0004\u0085", @"K\u0001\u0085", null)]
    [TestCase("0", 4, @"K\u0001", @"K\u0004\u0085", @"K\u0001\u0085", "reaches outside its storage")]
    [TestCase("0", 4, @"K\0", @"K\u0005\u0085", @"K\u0001\u0085", "reaches outside its storage")]
    [TestCase("0", 4, @"K\0", @"K\u0002\u0085", @"K\u0004\u0085", "reaches outside its storage")]
    [TestCase("0", 4, @"J\u00ff\u00ff\u00ff\u00ff", @"K\u0004\u0085", @"K\u0001\u0085", "reaches outside its storage")]
    [TestCase("0", 4, @"K\u0003", @"K\u0004\u0085", @"J\u00ff\u00ff\u00ff\u00ff\u0085", "reaches outside its storage")]
    [TestCase("0", 4, @"K\0", @"J\u00ff\u00ff\u00ff\u00ff\u0085", @"K\u0001\u0085", "impossible shape [-1]")]
    [TestCase("0", 4, @"K\0", @"J\u00ff\u00ff\u00ff\u007f\u0085", @"K\0\u0085", "repeats its elements to 8589934588")]
    [TestCase("0", 4, @"K\0", @"K\u0004\u0085", ")", "shape and strides differ in number")]
    [TestCase("0", 4, @"K\0", @"N\u0085", @"K\u0001\u0085", "an extent that is no number")]
    [TestCase("0", 5, @"K\0", @"K\u0004\u0085", @"K\u0001\u0085", "has bytes missing from the file")]
    [TestCase("1", 4, @"K\0", @"K\u0004\u0085", @"K\u0001\u0085", "has bytes missing from the file")]
    [TestCase("../../0", 4, @"K\0", @"K\u0004\u0085", @"K\u0001\u0085", "has bytes missing from the file")]
    public void ATensorMustLieInItsStorage(
        string key, int count, string offset, string shape, string strides, string? message)
    {
        string storage = $"(X\u0007\0\0\0storagectorch\nFloatStorage\nX{(char)key.Length}\0\0\0{key}NK{(char)count}tQ";
        string path = WriteArchive(
            [
                .. Latin1("}X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v2\n("), .. Latin1(storage),
                .. Latin1(offset), .. Latin1(shape), .. Latin1(strides), .. Latin1("\u0089NtRs."),
            ],
            new byte[16]);

        if (message is null)
        {
            using WeightFile file = PyTorchFile.Read(path);
            Assert.That(file["a"].ToFloat32(), Is.EqualTo(new float[4]));
            return;
        }
        Assert.That(
            () => PyTorchFile.Read(path), Throws.TypeOf<WeightFormatException>().With.Message.Contains(message));
    }

    [Test]
    public void AnArchiveThatInflatesIsRefused()
    {
        string path = folder.PathOf("bomb.pth");
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            AddEntry(archive, "a/data.pkl", "}."u8.ToArray(), CompressionLevel.NoCompression);
            AddEntry(archive, "a/data/0", new byte[1 << 20], CompressionLevel.SmallestSize);
        }

        Assert.That(
            () => PyTorchFile.Read(path),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("compressed or encrypted entry 'a/data/0'"));
    }

    [Test]
    public void ABigEndianArchiveIsRefused()
    {
        string path = folder.PathOf("big.pth");
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            AddEntry(archive, "a/data.pkl", "}."u8.ToArray(), CompressionLevel.NoCompression);
            AddEntry(archive, "a/byteorder", "big"u8.ToArray(), CompressionLevel.NoCompression);
        }

        Assert.That(
            () => PyTorchFile.Read(path), Throws.TypeOf<WeightFormatException>().With.Message.Contains("big-endian"));
    }

    [Test]
    public void TheSameTensorsGiveTheSameArchive()
    {
        WeightTensor[] tensors = [new("a", [2], new[] { 1f, 2f }), new("b", [], new[] { 3f })];
        PyTorchFile.Write(folder.PathOf("1"), tensors);
        PyTorchFile.Write(folder.PathOf("2"), tensors);

        Assert.That(File.ReadAllBytes(folder.PathOf("2")), Is.EqualTo(File.ReadAllBytes(folder.PathOf("1"))));
    }

    [Test]
    public void WhatPyTorchCannotHoldIsNotWritten()
    {
        Assert.That(
            () => PyTorchFile.Write(folder.PathOf("a"), [new("a", [], new[] { 1f }), new("a", [], new[] { 1f })]),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("'a' is given twice"));
        Assert.That(
            () => PyTorchFile.Write(folder.PathOf("a"), [new("a", TensorDataType.Float8E8M0, [1], new byte[1])]),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("holds Float8E8M0 elements"));
        Assert.That(folder.FileNames, Is.Empty);
    }

    private static void AssertKinds(WeightFile file)
    {
        Assert.That(file, Has.Count.EqualTo(19));
        Assert.That(file["contiguous"].Shape, Is.EqualTo(new long[] { 2, 3, 4 }));
        Assert.That(file["contiguous"].ToFloat32(), Is.EqualTo(Range(24)));
        Assert.That(file["offset"].Shape, Is.EqualTo(new long[] { 3, 4 }));
        Assert.That(file["offset"].ToFloat32(), Is.EqualTo(Range(24)[6..18]));
        Assert.That(file["transposed"].Shape, Is.EqualTo(new long[] { 6, 4 }));
        Assert.That(
            file["transposed"].ToFloat32(),
            Is.EqualTo(Enumerable.Range(0, 24).Select(i => (float)((i % 4 * 6) + (i / 4)))));
        Assert.That(file["step"].ToFloat32(), Is.EqualTo(new[] { 1f, 4f, 7f, 10f, 13f, 16f, 19f, 22f }));
        Assert.That(file["channels_last"].Shape, Is.EqualTo(new long[] { 2, 3, 2, 2 }));
        Assert.That(file["channels_last"].ToFloat32(), Is.EqualTo(Range(24)));
        Assert.That(file["expanded"].ToFloat32(), Is.EqualTo(new[] { 5f, 5f, 5f }));
        Assert.That(file["scalar"].Shape, Is.Empty);
        Assert.That(file["scalar"].ToFloat32(), Is.EqualTo(new[] { 7f }));
        Assert.That(file["empty"].Shape, Is.EqualTo(new long[] { 0, 3 }));
        Assert.That(file["empty"].ToFloat32(), Is.Empty);
        Assert.That(file["parameter"].ToFloat32(), Is.EqualTo(new[] { 1.5f, -2.5f }));
        Assert.That(file["complex"].DataType, Is.EqualTo(TensorDataType.Complex64));
        foreach (TensorDataType type in new[]
        {
            TensorDataType.Float64, TensorDataType.Float16, TensorDataType.BFloat16, TensorDataType.Int64,
            TensorDataType.Int32, TensorDataType.Int16, TensorDataType.Int8, TensorDataType.UInt8, TensorDataType.Bool,
        })
        {
            WeightTensor tensor = file["type." + type.ToString().ToLowerInvariant()];
            Assert.That(tensor.DataType, Is.EqualTo(type));
            float[] expected = type == TensorDataType.Bool ? [0f, 1f, 1f, 1f] : [0f, 1f, 2f, 100f];
            Assert.That(tensor.ToFloat32(), Is.EqualTo(expected), tensor.Name);
        }
    }

    private static float[] Range(int count) => [.. Enumerable.Range(0, count).Select(i => (float)i)];

    // The cases are written with escapes, because a test whose name holds control characters is silently not run.
    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(Regex.Unescape(text));

    private static void AddEntry(ZipArchive archive, string name, byte[] bytes, CompressionLevel level)
    {
        using Stream entry = archive.CreateEntry(name, level).Open();
        entry.Write(bytes);
    }

    private string WriteArchive(byte[] pickle, params byte[][] storages)
    {
        string path = folder.PathOf("bad.pth");
        File.Delete(path);
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        AddEntry(archive, "bad/data.pkl", pickle, CompressionLevel.NoCompression);
        for (int i = 0; i < storages.Length; i++)
            AddEntry(archive, $"bad/data/{i}", storages[i], CompressionLevel.NoCompression);
        return path;
    }
}
