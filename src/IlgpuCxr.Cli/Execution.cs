using System.CommandLine;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Training;
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
            string command = string.Join(' ', parsed.CommandResult.Command.Parents.OfType<Command>().Select(_ => "cxr").Append(parsed.CommandResult.Command.Name));
            Console.Error.WriteLine($"{parsed.Errors[0].Message} See 'cxr {(command == "cxr" ? "" : parsed.CommandResult.Command.Name + " ")}--help'.");
            return WrongUsage;
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Interrupted; what was saved stays, and --resume continues a training run.");
            return Interrupted;
        }
        catch (Exception exception) when (exception is UsageException)
        {
            return Tell(exception, parsed, WrongUsage);
        }
        catch (Exception exception) when (exception
            is DataException or DeviceException or NetworkException or WeightFormatException or IOException or UnauthorizedAccessException)
        {
            return Tell(exception, parsed, Failed);
        }
    }

    private static int Tell(Exception exception, ParseResult parsed, int exitCode)
    {
        Console.Error.WriteLine(parsed.GetValue(CommonOptions.Verbose) ? exception.ToString() : exception.Message);
        return exitCode;
    }
}
