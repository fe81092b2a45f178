using System.Buffers.Binary;
using System.Text;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.WeightsImport;

public class SafetensorsFileTests
{
    private const string OneFloat = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";

    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => folder.Dispose();

    [Test]
    public void TensorsComeBackAsTheyWereWritten()
    {
        string path = folder.PathOf("a.safetensors");
        float[] weight = [1f, -2.5f, float.NaN, float.NegativeInfinity, 1e-45f, 0f];
        SafetensorsFile.Write(
            path,
            [
                new WeightTensor("zeta.weight", [2, 3], weight),
                new WeightTensor("steps", TensorDataType.Int64, [], BitConverter.GetBytes(1L << 40)),
                new WeightTensor("empty", [0, 7], Array.Empty<float>()),
                new WeightTensor("Gewicht \"ß\" 重み", [1], new[] { 3f }),
            ],
            new Dictionary<string, string> { ["format"] = "pt", ["note"] = "one\ntwo" });

        using WeightFile file = SafetensorsFile.Read(path);

        Assert.That(
            file.Select(t => t.Name),
            Is.EqualTo(new[] { "zeta.weight", "steps", "empty", "Gewicht \"ß\" 重み" }),
            "in the order given");
        Assert.That(file.Metadata, Is.EquivalentTo(
            new Dictionary<string, string> { ["format"] = "pt", ["note"] = "one\ntwo" }));
        Assert.That(file["zeta.weight"].Shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(file["zeta.weight"].ToFloat32(), Is.EqualTo(weight));
        Assert.That(file["steps"].DataType, Is.EqualTo(TensorDataType.Int64));
        Assert.That(file["steps"].Shape, Is.Empty);
        Assert.That(file["steps"].ToFloat32(), Is.EqualTo(new[] { 1.09951163e12f }));
        Assert.That(file["empty"].ToFloat32(), Is.Empty);
        Assert.That(file["Gewicht \"ß\" 重み"].ToFloat32(), Is.EqualTo(new[] { 3f }));
        Assert.That(file.TryGet("absent", out _), Is.False);
        Assert.That(() => file["absent"], Throws.TypeOf<WeightFormatException>().With.Message.Contains("'absent'"));
    }

    [Test]
    public void TheWrittenBytesAreTheFormatsOwn()
    {
        string path = folder.PathOf("a.safetensors");
        SafetensorsFile.Write(
            path, [new WeightTensor("a", [1], new[] { 1f })], new Dictionary<string, string> { ["k"] = "v" });

        byte[] bytes = File.ReadAllBytes(path);
        long headerLength = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.That(headerLength % 8, Is.Zero);
        Assert.That(
            Encoding.UTF8.GetString(bytes, 8, (int)headerLength).TrimEnd(' '),
            Is.EqualTo("""{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"""));
        Assert.That(bytes[(8 + (int)headerLength)..], Is.EqualTo(new byte[] { 0, 0, 0x80, 0x3F }));
    }

    [Test]
    public void TheSameInputGivesTheSameBytesWhateverTheMetadatasOrder()
    {
        WeightTensor[] tensors = [new("a", [2], new[] { 1f, 2f }), new("b", [1], new[] { 3f })];
        SafetensorsFile.Write(
            folder.PathOf("1"), tensors, new Dictionary<string, string> { ["x"] = "1", ["a"] = "2" });
        SafetensorsFile.Write(
            folder.PathOf("2"), tensors, new Dictionary<string, string> { ["a"] = "2", ["x"] = "1" });

        Assert.That(File.ReadAllBytes(folder.PathOf("2")), Is.EqualTo(File.ReadAllBytes(folder.PathOf("1"))));
    }

    [Test]
    public void EveryTensorIsAlignedToItsElements()
    {
        string path = folder.PathOf("a");
        SafetensorsFile.Write(
            path,
            [
                new WeightTensor("flag", TensorDataType.Bool, [1], new byte[] { 1 }),
                new WeightTensor("weight", [1], new[] { 2f }),
                new WeightTensor("count", TensorDataType.Int64, [1], BitConverter.GetBytes(3L)),
            ]);

        string header = Encoding.UTF8.GetString(File.ReadAllBytes(path));
        Assert.That(header, Does.Contain("\"shape\":[1],\"data_offsets\":[0,8]"));
        using WeightFile file = SafetensorsFile.Read(path);
        Assert.That(file.Select(t => t.Name), Is.EqualTo(new[] { "flag", "weight", "count" }));
        Assert.That(file.Select(t => t.ToFloat32()[0]), Is.EqualTo(new[] { 1f, 2f, 3f }));
    }

    [Test]
    public void WhatAKilledWriteWouldLeaveIsListed()
    {
        string path = folder.PathOf("a.safetensors");
        folder.Write("a.safetensors.txt", []);
        string[] during = [];
        SafetensorsFile.Write(
            path, [new WeightTensor("a", [1], (_, _) => during = [.. SafetensorsFile.LeftOversOf(path)])]);

        Assert.That(during, Has.Length.EqualTo(1));
        Assert.That(during[0], Does.StartWith(path));
        Assert.That(SafetensorsFile.LeftOversOf(path), Is.Empty);
    }

    [Test]
    public void AFailedWriteLeavesTheFileBeforeAndNothingElse()
    {
        string path = folder.PathOf("a.safetensors");
        SafetensorsFile.Write(path, [new WeightTensor("a", [1], new[] { 1f })]);
        byte[] before = File.ReadAllBytes(path);
        using var fourBytes = new InputFile(folder.Write("source", new byte[4]));
        var unreadable = new FileStorage(fourBytes, 0, 8);

        Assert.That(
            () => SafetensorsFile.Write(path, [new WeightTensor("a", TensorDataType.Float32, [2], unreadable)]),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("ends before its data does"));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(before));
        Assert.That(folder.FileNames, Is.EquivalentTo(new[] { "a.safetensors", "source" }));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Platform("Linux,MacOsX", Reason = "On Windows links need a privilege.")]
    public void ALinkIsFollowed(bool exists)
    {
        string file = folder.PathOf("file"), link = folder.PathOf("link");
        if (exists)
            File.WriteAllText(file, "before");
        File.CreateSymbolicLink(link, "file");

        SafetensorsFile.Write(link, [new WeightTensor("a", [1], new[] { 1f })]);

        Assert.That(new FileInfo(link).LinkTarget, Is.EqualTo("file"));
        using WeightFile written = SafetensorsFile.Read(file);
        Assert.That(written["a"].ToFloat32(), Is.EqualTo(new[] { 1f }));
        Assert.That(folder.FileNames, Is.EquivalentTo(new[] { "file", "link" }));
    }

    [Test]
    public void FoldersThatAreNotThereAreMade()
    {
        string path = Path.Combine(folder.PathOf("none"), "a");
        SafetensorsFile.Write(path, []);
        Assert.That(path, Does.Exist);
    }

    [Test]
    public void WritingIntoAFileIsAClearError() => Assert.That(
        () => SafetensorsFile.Write(Path.Combine(folder.Write("file", []), "a"), []),
        Throws.TypeOf<WeightFormatException>().With.Message.Contains("cannot be written"));

    [TestCase(false)]
    [TestCase(true)]
    public void AnInterruptedWriteLeavesNothing(bool isPyTorch)
    {
        using var cancellation = new CancellationTokenSource();
        WeightTensor[] tensors =
            [new("a", [1], (_, _) => cancellation.Cancel()), new("b", [1], new[] { 1f })];
        Assert.That(
            () =>
            {
                if (isPyTorch)
                    PyTorchFile.Write(folder.PathOf("a.pth"), tensors, cancellation.Token);
                else
                    SafetensorsFile.Write(folder.PathOf("a"), tensors, null, cancellation.Token);
            },
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(folder.FileNames, Is.Empty);
    }

    [TestCase("a", "a")]
    [TestCase("__metadata__", "b")]
    public void NamesThatAReaderWouldRefuseAreNotWritten(string first, string second) => Assert.That(
        () => SafetensorsFile.Write(
            folder.PathOf("a"), [new(first, [1], new[] { 1f }), new(second, [1], new[] { 2f })]),
        Throws.TypeOf<WeightFormatException>().With.Message.Contains($"'{first}'"));

    [Test]
    public void AShapeThatDoesNotFitItsValuesIsAProgrammingError() =>
        Assert.That(() => new WeightTensor("a", [2, 2], new float[3]), Throws.ArgumentException);

    [TestCase("F64", "000000000000F8BF", -1.5f)]
    [TestCase("F32", "0000C0BF", -1.5f)]
    [TestCase("F16", "00BE", -1.5f)]
    [TestCase("F16", "0100", 5.9604645e-8f)]
    [TestCase("BF16", "C0BF", -1.5f)]
    [TestCase("F8_E4M3", "BC", -1.5f)]
    [TestCase("F8_E4M3", "7E", 448f)]
    [TestCase("F8_E4M3", "01", 0.001953125f)]
    [TestCase("F8_E4M3", "7F", float.NaN)]
    [TestCase("F8_E5M2", "BE", -1.5f)]
    [TestCase("F8_E5M2", "7C", float.PositiveInfinity)]
    [TestCase("F8_E8M0", "80", 2f)]
    [TestCase("F8_E8M0", "00", 5.877472e-39f)]
    [TestCase("F8_E8M0", "FF", float.NaN)]
    [TestCase("I64", "FEFFFFFFFFFFFFFF", -2f)]
    [TestCase("I32", "FEFFFFFF", -2f)]
    [TestCase("I16", "FEFF", -2f)]
    [TestCase("I8", "FE", -2f)]
    [TestCase("U64", "FFFFFFFFFFFFFFFF", 1.8446744e19f)]
    [TestCase("U32", "FFFFFFFF", 4294967296f)]
    [TestCase("U16", "FEFF", 65534f)]
    [TestCase("U8", "FE", 254f)]
    [TestCase("BOOL", "01", 1f)]
    public void EveryDataTypeIsReadAndWrittenBack(string dataType, string hex, float expected)
    {
        byte[] data = Convert.FromHexString(hex);
        string header = $$$"""{"a":{"dtype":"{{{dataType}}}","shape":[1],"data_offsets":[0,{{{data.Length}}}]}}""";
        string path = folder.Write("a", [.. FileOf(header, 0), .. data]);

        using WeightFile file = SafetensorsFile.Read(path);
        Assert.That(file["a"].ToFloat32(), Is.EqualTo(new[] { expected }));
        SafetensorsFile.Write(folder.PathOf("b"), file);
        byte[] copy = File.ReadAllBytes(folder.PathOf("b"));
        Assert.That(copy[^data.Length..], Is.EqualTo(data));
        Assert.That(Encoding.UTF8.GetString(copy), Does.Contain($"\"dtype\":\"{dataType}\""));
    }

    [TestCase("F4", 2, 1)]
    [TestCase("F6_E2M3", 4, 3)]
    [TestCase("F6_E3M2", 4, 3)]
    [TestCase("C64", 1, 8)]
    public void PackedAndComplexElementsAreKeptButNotConverted(string dataType, int count, int size)
    {
        string header = $$$"""{"a":{"dtype":"{{{dataType}}}","shape":[{{{count}}}],"data_offsets":[0,{{{size}}}]}}""";
        using WeightFile file = SafetensorsFile.Read(folder.Write("a", FileOf(header, size)));

        Assert.That(file["a"].ByteLength, Is.EqualTo(size));
        Assert.That(
            () => file["a"].ToFloat32(),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("save it as float32"));
    }

    [Test]
    public void TensorsLargerThanAChunkAreWhole()
    {
        float[] values = [.. Enumerable.Range(0, 200_001).Select(i => (float)i)];
        byte[] halves = [.. values.Select(x => (Half)(x / 4096f)).SelectMany(BitConverter.GetBytes)];
        string path = folder.PathOf("a");
        SafetensorsFile.Write(
            path,
            [
                new WeightTensor("single", [3, 66667], values),
                new WeightTensor("half", TensorDataType.Float16, [200_001], halves),
            ]);

        using WeightFile file = SafetensorsFile.Read(path);
        Assert.That(file["single"].ToFloat32(), Is.EqualTo(values));
        Assert.That(file["half"].ToFloat32(), Is.EqualTo(values.Select(x => (float)(Half)(x / 4096f))));
    }

    [TestCase(OneFloat, 5, "holds 5 bytes of data where its header describes 4")]
    [TestCase(OneFloat, 3, "holds 3 bytes of data where its header describes 4")]
    [TestCase("[]", 0, "not a JSON object")]
    [TestCase(" {}", 0, "not a JSON object")]
    [TestCase("{}x", 0, "not well-formed JSON")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", 4, "not well-formed JSON")]
    [TestCase("""{"a":[[[[[[[[[[[[1]]]]]]]]]]]]}""", 4, "where a StartObject belongs")]
    [TestCase("""{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown data type 'F31'")]
    [TestCase("""{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown data type 'f32'")]
    [TestCase("""{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}""", 4, "where a String belongs")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "does not fill bytes 0 to 4")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "does not fill bytes 4 to 0")]
    [TestCase("""{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,0]}}""", 0, "does not fill bytes 0 to 0")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "not a whole number")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, "not a whole number")]
    [TestCase("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "not a whole number")]
    [TestCase("""{"a":{"dtype":"F32","shape":[9999999999999999999],"data_offsets":[0,4]}}""", 4, "not a whole number")]
    [TestCase(
        """{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}}""", 4, "does not")]
    [TestCase(
        """{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "does not fill")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4, "more than 2 numbers")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "lacks its data type, shape or two")]
    [TestCase("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "lacks its data type, shape or two")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", 4, "unknown key 'x'")]
    [TestCase("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "key 'dtype' twice")]
    [TestCase(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
        2, "key 'a' twice")]
    [TestCase(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""",
        3, "'b' begins at byte 1 of the data and not at 2, which is an overlap")]
    [TestCase(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}""",
        5, "'b' begins at byte 3 of the data and not at 2, which is a gap")]
    [TestCase("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "which is a gap")]
    [TestCase("""{"__metadata__":{"a":1}}""", 0, "where a String belongs")]
    [TestCase("""{"__metadata__":{"a":"1","a":"1"}}""", 0, "key 'a' twice")]
    [TestCase("""{"__metadata__":{"a":"\ud800"}}""", 0, "not well-formed JSON")]
    public void AFileThatIsNotWellFormedIsRefused(string header, int dataLength, string message)
    {
        string path = folder.Write("bad.safetensors", FileOf(header, dataLength));

        Assert.That(
            () => SafetensorsFile.Read(path),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains(message).And.Message.StartsWith(path));
    }

    [TestCase(0UL, 0, "not a JSON object")]
    [TestCase(8UL, 7, "header of 8 bytes")]
    [TestCase(100_000_001UL, 10, "header of 100000001 bytes")]
    [TestCase(ulong.MaxValue, 10, "header of 18446744073709551615 bytes")]
    public void AHeaderLengthThatCannotBeIsRefused(ulong announced, int present, string message)
    {
        byte[] bytes = new byte[8 + present];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, announced);

        Assert.That(
            () => SafetensorsFile.Read(folder.Write("bad", bytes)),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains(message));
    }

    [Test]
    public void AHeaderLargerThanTheLimitIsRefusedEvenWhereTheFileHoldsIt()
    {
        using (var sparse = new FileStream(folder.PathOf("bad"), FileMode.CreateNew))
        {
            sparse.Write(BitConverter.GetBytes(100_000_001UL));
            sparse.SetLength(100_000_100);
        }

        Assert.That(
            () => SafetensorsFile.Read(folder.PathOf("bad")),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("the limit of 100000000"));
    }

    [Test]
    public void WhatIsNoFileIsRefused()
    {
        Assert.That(
            () => SafetensorsFile.Read(folder.PathOf("none")),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("there is no such file"));
        Assert.That(
            () => SafetensorsFile.Read(folder.Write("short", [1, 2, 3])),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("has only 3 bytes"));
        Assert.That(() => SafetensorsFile.Read(folder.PathOf(".")), Throws.TypeOf<WeightFormatException>());
    }

    [Test]
    public void AMessageStaysOneLineWhateverTheFileSays()
    {
        string header = $$$"""{"a\n\u001b{{{new string('x', 1000)}}}":{}}""";

        string message = Assert.Throws<WeightFormatException>(
            () => SafetensorsFile.Read(folder.Write("bad", FileOf(header, 0)))).Message;

        Assert.That(message.Any(char.IsControl), Is.False);
        Assert.That(message, Has.Length.LessThan(500).And.Contains("'a??xxx"));
    }

    private static byte[] FileOf(string header, int dataLength)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[dataLength]];
    }
}
