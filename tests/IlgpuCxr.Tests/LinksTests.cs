using IlgpuCxr.Tests.WeightsImport;

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
        Directory.CreateDirectory(folder.PathOf("real/file" + AtomicFile.TemporarySuffix));
        Assert.That(
            () => AtomicFile.Write(folder.PathOf("real/file"), "new"u8.ToArray()), Throws.InstanceOf<IOException>());
        Assert.That(File.ReadAllText(folder.PathOf("real/file")), Is.EqualTo("old"));
    }

    [Test]
    public void What_another_is_writing_is_left_to_it()
    {
        string target = folder.PathOf("real/file");
        using (var other = new FileStream(target + AtomicFile.TemporarySuffix, FileMode.Create, FileAccess.Write, FileShare.Read))
        {
            other.Write("other"u8);
            other.Flush();
            Assert.That(() => AtomicFile.Write(target, "new"u8.ToArray()), Throws.InstanceOf<IOException>());
            Assert.That(() => AtomicFile.Try(target), Throws.InstanceOf<IOException>());
        }
        Assert.That(File.ReadAllText(target + AtomicFile.TemporarySuffix), Is.EqualTo("other"));
        Assert.That(File.ReadAllText(target), Is.EqualTo("old"));
    }

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
