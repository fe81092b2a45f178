using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;

namespace IlgpuCxr.Cli;

/// <summary>How commands are interrupted, and what is said of it.</summary>
internal static class Interruption
{
    /// <summary>What a user should know of a command that the same command line takes up again.</summary>
    public const string GoesOn = "Interrupted; what was saved stays, and the same command goes on from there.";

    /// <summary>
    /// What is said at once: of a large network on few cores, what has to be ended first takes tens of seconds.
    /// </summary>
    internal const string Stopping =
        "Stopping as soon as the step or file in hand is done; Ctrl-C again ends at once, and what was saved stays then too.";

    /// <summary>
    /// Lets a command be interrupted where it looks whether it is: it ends in order, with what it has written so far.
    /// Interrupted once more, the process ends like any other.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="run">What it does.</param>
    /// <param name="afterInterruption">
    /// What a user should know whose command was interrupted; null where nothing is to be known.
    /// </param>
    public static void SetStoppableAction(
        this Command command, Func<ParseResult, CancellationToken, int> run,
        Func<ParseResult, string>? afterInterruption = null) =>
        command.Action = new StoppableAction(run, afterInterruption);

    /// <summary>
    /// Lets a command that writes no files be interrupted at any moment: what it computes is left alone, and ends with
    /// the process.
    /// </summary>
    public static void SetInterruptibleAction(this Command command, Func<ParseResult, int> run) =>
        command.SetAction(parsed => Interruptible(
            cancellation => Task.Run(() => run(parsed), cancellation).WaitAsync(cancellation).GetAwaiter().GetResult(),
            announcement: null));

    /// <summary>What to tell a user whose command was interrupted.</summary>
    public static string After(ParseResult parsed) =>
        parsed.Action is StoppableAction { AfterInterruption: { } sentence } ? sentence(parsed) : "Interrupted.";

    // Not by System.CommandLine, which tells nobody of the first signal, and waits as long after a second.
    private static int Interruptible(Func<CancellationToken, int> run, string? announcement)
    {
        int signals = 0;
        using var source = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return run(source.Token);

        void Stop(PosixSignalContext signal)
        {
            // Each signal has a thread of its own.
            if (Interlocked.Increment(ref signals) > 1)
                return;
            signal.Cancel = true;
            if (announcement is not null)
                Execution.Say(announcement);
            source.Cancel();
        }
    }

    private sealed class StoppableAction(
        Func<ParseResult, CancellationToken, int> run, Func<ParseResult, string>? afterInterruption)
        : SynchronousCommandLineAction
    {
        public Func<ParseResult, string>? AfterInterruption => afterInterruption;

        public override int Invoke(ParseResult parseResult) =>
            Interruptible(cancellation => run(parseResult, cancellation), Stopping);
    }
}
