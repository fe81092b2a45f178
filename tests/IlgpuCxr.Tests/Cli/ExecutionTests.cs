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
        using var error = new StringWriter();
        TextWriter before = Console.Error;
        Console.SetError(error);
        try
        {
            Assert.That(Execution.Run(new RootCommand { command, CommonOptions.Verbose }, arguments), Is.EqualTo(1));
        }
        finally
        {
            Console.SetError(before);
        }
        Assert.That(error.ToString(), Does.Contain(expected));

        static int Fail(ParseResult parsed) => throw new InvalidOperationException("as nobody expected.");
    }
}
