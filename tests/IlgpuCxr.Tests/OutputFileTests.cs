using IlgpuCxr.Tests.WeightsImport;

namespace IlgpuCxr.Tests;

public sealed class OutputFileTests
{
    [Test]
    public async Task A_file_that_somebody_reads_for_a_moment_is_replaced()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("last", "old"u8.ToArray());
        Task writing;
        // As whoever copies a checkpoint holds it, which Windows does not allow to be replaced.
        using (new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            writing = Task.Run(() => AtomicFile.Write(path, "new"u8.ToArray()));
            await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(1)));
        }
        await writing;
        Assert.That(File.ReadAllText(path), Is.EqualTo("new"));
        Assert.That(folder.FileNames, Is.EqualTo(new[] { "last" }), "no temporary file");
    }
}
