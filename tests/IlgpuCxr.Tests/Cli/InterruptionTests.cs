using System.Diagnostics;
using System.Globalization;
using IlgpuCxr.Cli;
using IlgpuCxr.Tests.Data;

namespace IlgpuCxr.Tests.Cli;

[Platform(Exclude = "Win", Reason = "Windows has no signals.")]
public sealed class InterruptionTests
{
    private CommandLine cxr;
    private DataFolder data;

    [OneTimeSetUp]
    public void Draw()
    {
        cxr = new CommandLine();
        data = DataFolder.Complete(4);
    }

    [OneTimeTearDown]
    public void RemoveIt()
    {
        data.Dispose();
        cxr.Dispose();
    }

    [Test]
    public void An_interruption_without_anything_saved_promises_nothing()
    {
        using Process process = cxr.Start(
            "bench", "--size", "32", "--batch", "2", "--steps", "1000000", "--device", "cpu");
        WaitUntilItComputes(process);
        Interrupt(process);
        CommandResult stopped = CommandLine.Finish(process);
        Assert.That(stopped.ExitCode, Is.EqualTo(130), stopped.Error);
        Assert.That(stopped.ErrorLines, Is.EqualTo(new[] { "Interrupted." }));
    }

    [Test]
    public void A_run_says_at_once_that_it_stops_and_then_what_is_kept()
    {
        using Process process = StartRun("stopped", "--size", "32", "--epochs", "1000000");
        while (!process.HasExited && !File.Exists(cxr.PathOf("stopped/best.safetensors")))
            Thread.Sleep(10);
        Interrupt(process);
        CommandResult stopped = CommandLine.Finish(process);
        Assert.That(stopped.ExitCode, Is.EqualTo(130), stopped.Error);
        Assert.That(
            stopped.ErrorLines,
            Is.EqualTo(new[]
            {
                Interruption.Stopping,
                "Interrupted; what was saved stays, and the same command with --resume goes on from there.",
            }));
    }

    [Test]
    public void A_second_interruption_does_not_wait_for_the_step()
    {
        // A step takes seconds.
        using Process process = StartRun("killed", "--net", "vgg16", "--size", "448", "--epochs", "1");
        WaitUntilItComputes(process);
        Interrupt(process);
        Assert.That(process.StandardError.ReadLine(), Is.EqualTo(Interruption.Stopping));
        Interrupt(process);
        CommandResult killed = CommandLine.Finish(process);
        Assert.That((killed.ExitCode, killed.Error), Is.EqualTo((130, "")));
    }

    private Process StartRun(string run, params string[] more) =>
        cxr.Start(
        [
            "train", "--data", data.Root, "--batch", "2", "--device", "cpu", "--threads", "1", "--out", cxr.PathOf(run),
            .. more,
        ]);

    // The handler of the signal is there once the program computes; before, the signal ends it at once. Starting takes
    // less than a second of a processor.
    private static void WaitUntilItComputes(Process process)
    {
        while (!process.HasExited && process.TotalProcessorTime < TimeSpan.FromSeconds(3))
            Thread.Sleep(10);
    }

    private static void Interrupt(Process process)
    {
        using Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
