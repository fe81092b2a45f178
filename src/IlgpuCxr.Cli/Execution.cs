using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.ExceptionServices;
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

    /// <summary>Parses and runs.</summary>
    /// <param name="root">All commands.</param>
    /// <param name="args">The command line.</param>
    /// <returns>0 done, 1 failed, 2 wrong usage, 130 interrupted.</returns>
    public static int Run(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            Say(WhatIsWrong(root, parsed));
            return WrongUsage;
        }
        if (EmptyValue(parsed.CommandResult) is { } name)
        {
            Say($"{name} '' is empty: give it a value.");
            return WrongUsage;
        }
        try
        {
            return Invoke(parsed);
        }
        catch (OperationCanceledException)
        {
            Say(Interruption.After(parsed));
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
            is DataException or DeviceException or NetworkException or WeightFormatException or WeightDownloadException
                or IOException or UnauthorizedAccessException)
        {
            return Tell(exception, parsed, Failed);
        }
        catch (OutOfMemoryException exception)
        {
            return Tell(exception, NotEnoughMemory(parsed), parsed, Failed);
        }
        catch (Exception exception)
        {
            string message = exception.Message.Split('\n')[0].TrimEnd('\r', '.');
            return Tell(
                exception,
                $"This is a defect of the program ({message}); --verbose shows where, which a report should contain.",
                parsed, Failed);
        }
    }

    /// <summary>One sentence about the first thing that could not be parsed.</summary>
    private static string WhatIsWrong(RootCommand root, ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string commands = string.Join(", ", root.Subcommands.Select(subcommand => subcommand.Name));
        return (parsed.UnmatchedTokens, command == root) switch
        {
            ([string unknown, ..], true) => $"'{unknown}' is no command of cxr; use one of {commands}, or --help.",
            ([string unknown, ..], false) when command.Subcommands.Count > 0 =>
                $"'{unknown}' is no command of '{PathOf(command)}'; use one of {string.Join(", ", command.Subcommands.Select(subcommand => subcommand.Name))}.",
            ([string surplus, ..], false) when !surplus.StartsWith('-') =>
                $"'{surplus}' is more than '{PathOf(command)}' takes, or the value of an option that is not named; see '{PathOf(command)} --help'.",
            ([string unknown, ..], false) =>
                $"'{unknown}' is no option of '{PathOf(command)}'; '{PathOf(command)} --help' lists those.",
            ([], false) when command.Subcommands.Count > 0 =>
                $"'{PathOf(command)}' needs one of {string.Join(", ", command.Subcommands.Select(subcommand => subcommand.Name))}; see '{PathOf(command)} --help'.",
            ([], true) => $"No command is given; use one of {commands}, or --help.",
            ([], false) => $"{parsed.Errors[0].Message.TrimEnd('.')}; see '{PathOf(command)} --help'.",
        };
    }

    /// <summary>The words that call a command, such as <c>cxr data phantom</c>.</summary>
    private static string PathOf(Symbol command) =>
        command.Parents.FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : "cxr";

    /// <summary>
    /// The first option or argument whose value is the empty text, which is the name of nothing; null for none.
    /// </summary>
    private static string? EmptyValue(CommandResult command) => command.Children
        .Where(child => child.Tokens.Any(token => token.Value.Length == 0))
        .Select(child => child switch
        {
            // No algorithms are forced by an empty list.
            OptionResult option => option.Option == CommonOptions.Algorithms ? null : option.Option.Name,
            ArgumentResult argument => argument.Argument.Name,
            _ => null,
        })
        .FirstOrDefault(name => name is not null);

    /// <summary>Runs; of what failed in parallel, all of which is thrown together, the first says enough.</summary>
    private static int Invoke(ParseResult parsed)
    {
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.Flatten().InnerExceptions[0]);
            throw;
        }
    }

    private static string NotEnoughMemory(ParseResult parsed)
    {
        string[] smaller =
        [
            .. parsed.CommandResult.Command.Options.Select(option => option.Name).Intersect(
                ["--batch", "--size", "--hidden"]),
        ];
        string remedy = smaller.Length > 0
            ? $"use a smaller {string.Join(" or ", smaller)}"
            : "close other programs, or use a machine with more";
        return $"There is not enough memory; {remedy}.";
    }

    /// <summary>Prints lines on standard error, as far as that is possible.</summary>
    internal static void Say(params IEnumerable<string> lines)
    {
        try
        {
            foreach (string line in lines)
                Output.ErrorLine(line);
        }
        catch (IOException)
        {
            // Standard error is on a disk that is full, perhaps for that: the exit code is all that can be told.
        }
    }

    private static int Tell(Exception exception, ParseResult parsed, int exitCode) =>
        Tell(exception, exception.Message, parsed, exitCode);

    private static int Tell(Exception exception, string sentence, ParseResult parsed, int exitCode)
    {
        Say((parsed.GetValue(CommonOptions.Verbose) ? exception.ToString() : sentence).ReplaceLineEndings("\n").Split('\n'));
        return exitCode;
    }
}
