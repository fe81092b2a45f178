using IlgpuCxr.Tests.WeightsImport;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Tests;

[Platform("Linux,MacOsX", Reason = "On Windows links need a privilege.")]
public sealed class LinksTests
{
    private TemporaryFolder folder;

    [SetUp]
    public void MakeFolder()
    {
        folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.PathOf("real"));
        File.WriteAllText(folder.PathOf(Path.Combine("real", "file")), "old");
        Directory.CreateSymbolicLink(folder.PathOf("directory"), "real");
        Directory.CreateSymbolicLink(folder.PathOf("chain"), folder.PathOf("directory"));
        File.CreateSymbolicLink(folder.PathOf(Path.Combine("real", "link")), "../chain/file");
        File.CreateSymbolicLink(folder.PathOf("circle"), "circle");
    }

    [TearDown]
    public void RemoveIt() => folder.Dispose();

    [TestCase("real/file", "real/file")]
    [TestCase("directory/file", "real/file")]
    [TestCase("chain/file", "real/file")]
    [TestCase("chain/link", "real/file")]
    [TestCase("chain/../real/./absent/below", "real/absent/below")]
    public void All_names_of_a_file_lead_to_one(string name, string expected) =>
        Assert.That(
            Links.Resolve(folder.PathOf(name)),
            Is.EqualTo(Links.Resolve(folder.PathOf(expected))).And.EndsWith(expected));

    [Test]
    public void A_circle_of_links_is_no_endless_way() =>
        Assert.That(Links.Resolve(folder.PathOf("circle")), Does.EndWith("circle"));

    [Test]
    public void What_is_written_by_a_link_replaces_its_target()
    {
        AtomicFile.Write(folder.PathOf("chain/link"), "new"u8.ToArray());
        Assert.That(File.ReadAllText(folder.PathOf("real/file")), Is.EqualTo("new"));
        Assert.That(new FileInfo(folder.PathOf("real/link")).LinkTarget, Is.Not.Null);
        Assert.That(Directory.GetFiles(folder.PathOf("real")), Has.Length.EqualTo(2), "no temporary file");
    }

    [Test]
    public void Who_reads_a_file_meanwhile_reads_the_old_one()
    {
        using FileStream reader = File.OpenRead(folder.PathOf("real/file"));
        AtomicFile.Write(folder.PathOf("real/file"), "new"u8.ToArray());
        Assert.That(new StreamReader(reader).ReadToEnd(), Is.EqualTo("old"));
        Assert.That(File.ReadAllText(folder.PathOf("real/file")), Is.EqualTo("new"));
    }

    [Test]
    public void What_cannot_be_written_leaves_the_old_file()
    {
        Assert.That(
            () => OutputFile.Replace(folder.PathOf("real/file"), file =>
            {
                file.Write("ne"u8);
                throw new InvalidOperationException("half");
            }),
            Throws.InvalidOperationException);
        Assert.That(File.ReadAllText(folder.PathOf("real/file")), Is.EqualTo("old"));
        Assert.That(OutputFile.LeftOversOf(folder.PathOf("chain/link")), Is.Empty);
    }

    [Test]
    public void Of_two_writers_each_writes_a_whole_file()
    {
        string target = folder.PathOf("real/file");
        OutputFile.Replace(target, first =>
        {
            first.Write("fir"u8);
            AtomicFile.Write(target, "second"u8.ToArray());
            AtomicFile.Try(target);
            Assert.That(File.ReadAllText(target), Is.EqualTo("second"));
            first.Write("st"u8);
        });
        Assert.That(File.ReadAllText(target), Is.EqualTo("first"));
        Assert.That(OutputFile.LeftOversOf(target), Is.Empty);
    }

    [Test]
    public void What_killed_writers_left_is_deleted_once_it_is_old()
    {
        string old = folder.Write("a.0123456789abcdef" + AtomicFile.TemporarySuffix, [1]);
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        string young = folder.Write("b.0123456789abcdef" + AtomicFile.TemporarySuffix, [1]);
        AtomicFile.Write(folder.PathOf("c"), [1]);
        Assert.That(File.Exists(old), Is.False);
        Assert.That(File.Exists(young), "another may be writing it");
    }

    [Test]
    [Platform("Linux", Reason = "Only Linux has a device that is always full.")]
    public void A_full_disk_is_told() =>
        Assert.That(
            () => AtomicFile.Write("/dev/full", [1]),
            Throws.InstanceOf<IOException>().With.Message.StartsWith(
                "'/dev/full' cannot be written (No space left on device); check the place, its permissions and the free space"));

    [Test]
    public void A_temporary_file_of_somebody_elses_is_left_alone()
    {
        File.WriteAllText(folder.PathOf("file.csv.tmp"), "mine");
        AtomicFile.Try(folder.PathOf("file.csv"));
        AtomicFile.Write(folder.PathOf("file.csv"), [1]);
        Assert.That(File.ReadAllText(folder.PathOf("file.csv.tmp")), Is.EqualTo("mine"));
    }

    [Test]
    [Platform("Linux", Reason = "Only Linux has a directory of files among its devices.")]
    public void A_file_in_shared_memory_is_a_file()
    {
        string path = Path.Combine("/dev/shm", $"ilgpucxr-{Environment.ProcessId}.csv");
        try
        {
            AtomicFile.Write(path, "a long text"u8.ToArray());
            AtomicFile.Write(path, "short"u8.ToArray());
            Assert.That(File.ReadAllText(path), Is.EqualTo("short"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void A_device_stays_one()
    {
        AtomicFile.Try("/dev/null");
        AtomicFile.Write("/dev/null", [1, 2, 3]);
        Assert.That(File.ReadAllBytes("/dev/null"), Is.Empty, "a file in its place would hold the bytes");
    }
}
