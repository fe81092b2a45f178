using System.CommandLine;
using IlgpuCxr.Cli;

namespace IlgpuCxr.Tests.Cli;

/// <summary>What becomes of an exception that no command expects.</summary>
[NonParallelizable]
public sealed class ExecutionTests
{
    [TestCase("", "defect of the program (as nobody expected)")]
    [TestCase("--verbose", "   at ")]
    public void A_defect_ends_with_the_exit_code_of_a_failure(string option, string expected)
    {
        var command = new Command("fail");
        command.SetAction(Fail);
        string[] arguments = ["fail", .. option.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        (int exitCode, string error) = Run(command, arguments);
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Contain(expected));

        static int Fail(ParseResult parsed) => throw new InvalidOperationException("as nobody expected.");
    }

    [TestCase("Interrupted; all stays where it is.", true)]
    [TestCase("Interrupted.", false)]
    public void A_command_says_what_its_interruption_leaves(string expected, bool isItsOwn)
    {
        var command = new Command("stop");
        // As it comes from what several threads do.
        command.SetStoppableAction(
            (_, _) => throw new AggregateException(new OperationCanceledException()),
            isItsOwn ? _ => expected : null);
        Assert.That(Run(command, ["stop"]), Is.EqualTo((130, expected + Environment.NewLine)));
    }

    private static (int ExitCode, string Error) Run(Command command, string[] arguments)
    {
        using var error = new StringWriter();
        TextWriter before = Console.Error;
        Console.SetError(error);
        try
        {
            int exitCode = Execution.Run(new RootCommand { command, CommonOptions.Verbose }, arguments);
            return (exitCode, error.ToString());
        }
        finally
        {
            Console.SetError(before);
        }
    }
}
