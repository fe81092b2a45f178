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
        // A copy of the launcher in a root that is built already, and a dotnet that tells how it is called.
        using var folder = new DataFolder();
        string launcher = folder.PathOf("root", "cxr"), elsewhere = folder.PathOf("elsewhere");
        foreach (string source in new[] { "kernels/a", "src/a", "weights-import/a", "global.json", "Directory.Build.props", "Directory.Packages.props" })
            File.SetLastWriteTimeUtc(folder.Write("root/" + source, []), DateTime.UnixEpoch);
        File.Copy(Path.Combine(SharedData.RepositoryRoot, "cxr"), launcher);
        string program = folder.Write("root/artifacts/bin/IlgpuCxr.Cli/release/cxr.dll", []);
        folder.Write("root/artifacts/cxr.stamp", []);
        File.SetUnixFileMode(folder.Write("bin/dotnet", "#!/bin/sh\necho \"$@\"\n"u8.ToArray()), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Directory.CreateDirectory(elsewhere);
        File.CreateSymbolicLink(folder.PathOf("first"), Path.Combine("root", "cxr"));
        File.CreateSymbolicLink(Path.Combine(elsewhere, "second"), folder.PathOf("first"));

        var start = new ProcessStartInfo("bash", [Path.Combine(elsewhere, "second"), "devices"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = folder.PathOf("bin") + Path.PathSeparator + start.Environment["PATH"];
        CommandResult result = CommandLine.Finish(Process.Start(start)!);

        Assert.That(result.Output.Trim(), Does.EndWith(Path.GetFileName(program) + " devices").And.StartWith(folder.PathOf("root")), result.Error);
        Assert.That(Directory.EnumerateFileSystemEntries(elsewhere).Count(), Is.EqualTo(1), "nothing is built beside a link");
    }
}
