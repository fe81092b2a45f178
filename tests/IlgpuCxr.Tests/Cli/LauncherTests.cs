using System.Diagnostics;
using System.Runtime.Versioning;
using IlgpuCxr.Tests.Data;

namespace IlgpuCxr.Tests.Cli;

[Platform(Exclude = "Win", Reason = "There the launcher is another.")]
[UnsupportedOSPlatform("windows")]
public sealed class LauncherTests
{
    [Test]
    public void A_link_to_the_launcher_runs_what_it_links_to()
    {
        using var folder = new DataFolder();
        string elsewhere = folder.PathOf("elsewhere"), program = BuiltRoot(folder);
        Directory.CreateDirectory(elsewhere);
        File.CreateSymbolicLink(folder.PathOf("first"), Path.Combine("root", "cxr"));
        File.CreateSymbolicLink(Path.Combine(elsewhere, "second"), folder.PathOf("first"));

        CommandResult result = CommandLine.Finish(Start(folder, Path.Combine(elsewhere, "second")));

        Assert.That(
            result.Output.Trim(),
            Does.EndWith(Path.GetFileName(program) + " devices").And.StartWith(folder.PathOf("root")), result.Error);
        Assert.That(
            Directory.EnumerateFileSystemEntries(elsewhere).Count(), Is.EqualTo(1), "nothing is built beside a link");
    }

    [Test]
    public void Two_that_are_started_together_build_once_and_run_both()
    {
        using var folder = new DataFolder();
        string program = BuiltRoot(folder);
        File.Delete(program);
        // Builds for a while, and notes it.
        string build =
            $"#!/bin/sh\nif [ \"$1\" = build ]; then echo build >> {folder.PathOf("builds")}; sleep 0.5; touch {program}; else echo runs \"$@\"; fi\n";
        File.WriteAllText(folder.PathOf("bin", "dotnet"), build);

        using Process first = Start(folder, folder.PathOf("root", "cxr"));
        using Process second = Start(folder, folder.PathOf("root", "cxr"));

        foreach (Process process in new[] { first, second })
        {
            CommandResult result = CommandLine.Finish(process);
            Assert.That(result.Output, Does.StartWith("runs"), result.Error);
        }
        if (OperatingSystem.IsLinux())
            Assert.That(File.ReadAllLines(folder.PathOf("builds")), Has.Length.EqualTo(1));
        Assert.That(
            Directory.GetFiles(folder.PathOf("root", "artifacts")).Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "cxr.lock", "cxr.stamp" }));
    }

    /// <summary>
    /// A copy of the launcher in a root that is built already, and a dotnet that tells how it is called.
    /// </summary>
    private static string BuiltRoot(DataFolder folder)
    {
        foreach (string source in new[] { "kernels/a", "src/a", "weights-import/a", "global.json", "Directory.Build.props", "Directory.Packages.props" })
            File.SetLastWriteTimeUtc(folder.Write("root/" + source, []), DateTime.UnixEpoch);
        File.Copy(Path.Combine(SharedData.RepositoryRoot, "cxr"), folder.PathOf("root", "cxr"));
        string program = folder.Write("root/artifacts/bin/IlgpuCxr.Cli/release/cxr.dll", []);
        folder.Write("root/artifacts/cxr.stamp", []);
        File.SetUnixFileMode(
            folder.Write("bin/dotnet", "#!/bin/sh\necho \"$@\"\n"u8.ToArray()),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return program;
    }

    private static Process Start(DataFolder folder, string launcher)
    {
        var start = new ProcessStartInfo("bash", [launcher, "devices"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = folder.PathOf("bin") + Path.PathSeparator + start.Environment["PATH"];
        return Process.Start(start)!;
    }
}
