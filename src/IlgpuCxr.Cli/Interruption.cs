using System.CommandLine;
using System.CommandLine.Invocation;

namespace IlgpuCxr.Cli;

/// <summary>How commands are interrupted, and what is said of it.</summary>
internal static class Interruption
{
    /// <summary>What a user should know of a command that the same command line takes up again.</summary>
    public const string GoesOn = "Interrupted; what was saved stays, and the same command goes on from there.";

    /// <summary>
    /// Lets a command be interrupted where it looks whether it is: it ends in order, with what it has written so far.
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
        command.SetAction((parsed, cancellation) => Task.Run(() => run(parsed), cancellation).WaitAsync(cancellation));

    /// <summary>What to tell a user whose command was interrupted.</summary>
    public static string After(ParseResult parsed) =>
        parsed.Action is StoppableAction { AfterInterruption: { } sentence } ? sentence(parsed) : "Interrupted.";

    private sealed class StoppableAction(
        Func<ParseResult, CancellationToken, int> run, Func<ParseResult, string>? afterInterruption)
        : AsynchronousCommandLineAction
    {
        public Func<ParseResult, string>? AfterInterruption => afterInterruption;

        public override Task<int> InvokeAsync(ParseResult parseResult, CancellationToken cancellationToken = default) =>
            Task.Run(() => run(parseResult, cancellationToken), CancellationToken.None);
    }
}
