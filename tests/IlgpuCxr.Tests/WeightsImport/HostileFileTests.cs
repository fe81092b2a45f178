using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests.WeightsImport;

/// <summary>
/// Files made to fill the memory, to run for ever, to write elsewhere or to run code: each is refused, or harmless.
/// </summary>
public class HostileFileTests
{
    private const int Flood = 3_000_000;

    private TemporaryFolder folder = null!;

    private static IEnumerable<TestCaseData> Floods()
    {
        yield return Named("lists", new string(']', Flood));
        yield return Named("lists in a list", "]" + Repeat("]a", Flood / 2));
        yield return Named("lists within lists", Repeat("]", Flood / 2) + Repeat("a", Flood / 2));
        yield return Named("tuples within tuples", ")" + Repeat("\u0085", Flood));
        yield return Named("pairs of pairs", ")" + Repeat("2\u0086", Flood / 2));
        yield return Named("dictionaries", new string('}', Flood));
        yield return Named("numbers", Repeat("G01234567", Flood / 9));
        yield return Named("memos", "N" + Repeat("\u0094", Flood));
        yield return Named("copies", "]" + Repeat("2", Flood));
        yield return Named("marks", new string('(', Flood));
        yield return Named("one long tuple", "(" + Repeat("N", Flood) + "t");
        yield return Named("tuples of the whole stack", Repeat("(" + Repeat("N", 1000) + "t", Flood / 1002));
        yield return Named("long texts", Repeat("X\0\u0080\0\0" + Repeat("x", 32768), Flood / 32773));
        yield return Named("short texts", Repeat("\u008c\u0001x", Flood / 3));
        yield return Named("ordered dictionaries", Repeat("ccollections\nOrderedDict\n)R", Flood / 27));
        yield return Named("a dictionary within itself", "}q\u0001" + Repeat("X\u0005\0\0\0modelh\u0001s", 100_000));
        yield return Named("copies of a list of pairs", "(]q\u0001(]NaNael" + Repeat("h\u0001a", 10));

        static TestCaseData Named(string name, string pickle) => new TestCaseData(pickle).SetArgDisplayNames(name);
    }

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => folder.Dispose();

    [TestCaseSource(nameof(Floods))]
    public void AFloodOfObjectsIsStoppedBeforeItFillsTheMemory(string pickle) =>
        AssertRefused(Archive("flood/data.pkl", Encoding.Latin1.GetBytes(pickle + ".")), PyTorchFile.Read);

    [Test]
    public void AStateDictOfManyTensorsOfOneStorageIsStopped()
    {
        var pickle = new StringBuilder("}(");
        string tensor =
            "ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\x30NK\u0004tQK\0K\u0004\u0085K\u0001\u0085\u0089NtR";
        for (int i = 0; i < 20_000; i++)
            pickle.Append(FormattableString.Invariant($"X\u0005\0\0\0{i:D5}")).Append(tensor);
        AssertRefused(
            Archive("flood/data.pkl", Encoding.Latin1.GetBytes(pickle + "u."), ("flood/data/0", new byte[16])),
            PyTorchFile.Read);
    }

    [TestCase("../../escaped/data.pkl", "../../escaped/data/0")]
    [TestCase("/escaped/data.pkl", "/escaped/data/0")]
    [TestCase(@"C:\escaped\x/data.pkl", @"C:\escaped\x/data/0")]
    public void NamesInAnArchiveAreNeverPaths(string pickleName, string storageName)
    {
        PyTorchFile.Write(folder.PathOf("good.pth"), [new WeightTensor("a", [4], new float[] { 1, 2, 3, 4 })]);
        byte[] pickle;
        using (ZipArchive good = ZipFile.OpenRead(folder.PathOf("good.pth")))
        using (Stream entry = good.GetEntry("archive/data.pkl")!.Open())
        using (var copy = new MemoryStream())
        {
            entry.CopyTo(copy);
            pickle = copy.ToArray();
        }
        string path = Archive(pickleName, pickle, (storageName, new byte[16]));
        string[] before =
        [
            .. Directory.EnumerateFileSystemEntries(Path.GetTempPath()).Where(
                entry => entry.Contains("escaped", StringComparison.Ordinal)),
        ];

        Assert.That(HostileFile.TryReadAll(path, PyTorchFile.Read), "the names are looked up, nothing more");
        Assert.That(
            Directory.EnumerateFileSystemEntries(Path.GetTempPath()).Where(
                entry => entry.Contains("escaped", StringComparison.Ordinal)),
            Is.EqualTo(before));
        Assert.That(folder.FileNames, Is.EquivalentTo(new[] { "good.pth", Path.GetFileName(path) }));
    }

    [Test]
    public void AnArchiveWhoseEntriesOverlapIsRefused()
    {
        // The bomb that needs no nesting (Fifield 2019): a directory whose entries are all the same bytes.
        byte[] bytes = File.ReadAllBytes(
            Archive("a/data.pkl", "}."u8.ToArray(), ("a/data/0", new byte[100]), ("a/data/1", new byte[100])));
        int first = Find(bytes, "PK\u0001\u0002", 1), second = Find(bytes, "PK\u0001\u0002", 2);
        bytes.AsSpan(first + 42, 4).CopyTo(bytes.AsSpan(second + 42));
        AssertRefused(folder.Write("bomb.pth", bytes), PyTorchFile.Read);
    }

    [Test]
    public void AnArchiveOfManyEntriesIsStopped()
    {
        string path = folder.PathOf("entries.pth");
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            for (int i = 0; i < 30_000; i++)
                archive.CreateEntry(
                    i.ToString(System.Globalization.CultureInfo.InvariantCulture), CompressionLevel.NoCompression);
        }
        AssertRefused(path, PyTorchFile.Read);
    }

    [Test]
    public void ASafetensorsHeaderOfManyTensorsIsStopped()
    {
        var header = new StringBuilder("{");
        for (int i = 0; i < 50_000; i++)
            header.Append(
                FormattableString.Invariant($"\"{i}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}},"));
        header.Length--;
        AssertRefused(Safetensors(header + "}"), SafetensorsFile.Read);
    }

    [Test]
    public void ASafetensorsHeaderOfTextsIsStopped()
    {
        string text = new('x', 1000);
        string entries = string.Join(
            ",", Enumerable.Range(0, 4000).Select(i => FormattableString.Invariant($"\"{i}\":\"{text}\"")));
        AssertRefused(Safetensors($"{{\"__metadata__\":{{{entries}}}}}"), SafetensorsFile.Read);
    }

    [TestCase('[')]
    [TestCase('{')]
    public void ASafetensorsHeaderNestedDeeplyIsRefused(char nesting) =>
        AssertRefused(
            Safetensors("{\"a\":" + string.Concat(Enumerable.Repeat(nesting == '[' ? "[" : "{\"a\":", 1_000_000))),
            SafetensorsFile.Read);

    [TestCase("HEAP", 8)]
    [TestCase("HEAP", 24)]
    [TestCase("TREE", 6)]
    [TestCase("TREE", 32)]
    [TestCase("SNOD", 6)]
    public void ALengthOrPlaceInAKerasFileThatIsHugeIsRefused(string signature, int offset)
    {
        byte[] bytes = File.ReadAllBytes(Fixture.PathOf("keras_weights.h5"));
        bytes.AsSpan(Find(bytes, signature, 0) + offset, 2).Fill(0xFF);
        string path = folder.Write("bad.h5", bytes);
        AssertRefused(path, KerasFile.Read);
        Assert.That(
            () => KerasFile.Read(path),
            Throws.TypeOf<WeightFormatException>().With.Message.Contains("outside the file"));
    }

    [Test]
    public void AGroupThatIsInItselfIsRefused()
    {
        // The first link of Keras 3's root group leads back to the root.
        byte[] bytes = File.ReadAllBytes(Fixture.PathOf("keras_3.weights.h5"));
        const int RootHeaderAddress = 64;
        long root = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(RootHeaderAddress));
        int symbols = Find(bytes, "SNOD", 0);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(symbols + 16), root);
        AssertRefused(folder.Write("cycle.h5", bytes), KerasFile.Read);
    }

    private static void AssertRefused(string path, Func<string, WeightFile> open)
    {
        bool read = true;
        Task reading = Task.Run(() => read = HostileFile.TryReadAll(path, open));
        Assert.That(reading.Wait(TimeSpan.FromMinutes(2)), "it does not hang");
        Assert.That(read, Is.False, "it is refused");
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static int Find(byte[] bytes, string signature, int occurrence)
    {
        byte[] wanted = Encoding.Latin1.GetBytes(signature);
        int at = -1;
        for (int i = 0; i <= occurrence; i++)
            at += 1 + bytes.AsSpan(at + 1).IndexOf(wanted);
        return at;
    }

    private string Safetensors(string header)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return folder.Write("bad.safetensors", [.. length, .. text]);
    }

    private string Archive(string pickleName, byte[] pickle, params (string Name, byte[] Bytes)[] more)
    {
        string path = folder.PathOf("hostile.pth");
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach ((string name, byte[] bytes) in more.Prepend((pickleName, pickle)))
        {
            using Stream entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
            entry.Write(bytes);
        }
        return path;
    }
}
