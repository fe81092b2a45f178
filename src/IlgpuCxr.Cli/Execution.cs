using System.CommandLine;
using IlgpuCxr.Cli.Commands;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Weights;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Cli;

/// <summary>Runs a command line and turns every failure into one sentence and an exit code.</summary>
internal static class Execution
{
    private const int Failed = 1;
    private const int WrongUsage = 2;
    private const int Interrupted = 130;

    // An interrupted run ends behind the batch that it is at, which for a large network on few cores takes tens of seconds.
    private static readonly TimeSpan LongestBatch = TimeSpan.FromMinutes(2);

    /// <summary>Parses and runs.</summary>
    /// <param name="root">All commands.</param>
    /// <param name="args">The command line.</param>
    /// <returns>0 done, 1 failed, 2 wrong usage, 130 interrupted.</returns>
    public static int Run(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            Console.Error.WriteLine(WhatIsWrong(root, parsed));
            return WrongUsage;
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = LongestBatch });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(AfterInterruption(parsed));
            return Interrupted;
        }
        catch (UsageException exception)
        {
            return Tell(exception, parsed, WrongUsage);
        }
        catch (DeviceException exception) when (exception.IsWrongUsage)
        {
            return Tell(exception, parsed, WrongUsage);
        }
        catch (Exception exception) when (exception
            is DataException or DeviceException or NetworkException or WeightFormatException or WeightDownloadException or IOException or UnauthorizedAccessException)
        {
            return Tell(exception, parsed, Failed);
        }
        catch (Exception exception) when (!parsed.GetValue(CommonOptions.Verbose))
        {
            string message = exception.Message.Split('\n')[0].TrimEnd('\r', '.');
            Console.Error.WriteLine($"This is a defect of the program ({message}); --verbose shows where, which a report should contain.");
            return Failed;
        }
    }

    /// <summary>Lets a command that writes no files be interrupted at any moment: what it computes is left alone, and ends with the process.</summary>
    public static void SetInterruptibleAction(this Command command, Func<ParseResult, int> run) =>
        command.SetAction((parsed, cancellation) => Task.Run(() => run(parsed), cancellation).WaitAsync(cancellation));

    private static string AfterInterruption(ParseResult parsed) => parsed.CommandResult.Command.Name switch
    {
        TrainCommand.Name => TrainCommand.AfterInterruption(parsed),
        ReproduceCommand.Name or DataCommand.PhantomName or WeightsCommand.FetchName => "Interrupted; what was saved stays, and the same command goes on from there.",
        _ => "Interrupted.",
    };

    /// <summary>One sentence about the first thing that could not be parsed.</summary>
    private static string WhatIsWrong(RootCommand root, ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string commands = string.Join(", ", root.Subcommands.Select(subcommand => subcommand.Name));
        return (parsed.UnmatchedTokens, command == root) switch
        {
            ([string unknown, ..], true) => $"'{unknown}' is no command of cxr; use one of {commands}, or --help.",
            ([string unknown, ..], false) => $"'{unknown}' is no option of 'cxr {command.Name}'; 'cxr {command.Name} --help' lists those.",
            ([], false) when command.Subcommands.Count > 0 =>
                $"'cxr {command.Name}' needs one of {string.Join(", ", command.Subcommands.Select(subcommand => subcommand.Name))}; see 'cxr {command.Name} --help'.",
            ([], true) => $"No command is given; use one of {commands}, or --help.",
            ([], false) => $"{parsed.Errors[0].Message.TrimEnd('.')}; see 'cxr {command.Name} --help'.",
        };
    }

    private static int Tell(Exception exception, ParseResult parsed, int exitCode)
    {
        Console.Error.WriteLine(parsed.GetValue(CommonOptions.Verbose) ? exception.ToString() : exception.Message);
        return exitCode;
    }
}
