using System.CommandLine;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Training;
using Spectre.Console;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr bench</c>: how fast a network trains or infers here, and where the time goes.</summary>
internal static class BenchCommand
{
    private static readonly Option<int> Steps = OptionKinds.Number<int>("--steps", "Steps to measure.", 10);

    private static readonly Option<string> Mode =
        new Option<string>("--mode") { Description = "Whole training steps, or forward only.", DefaultValueFactory = _ => "train" }.OneOf("train", "infer");

    public static Command Create()
    {
        var command = new Command("bench", "Measure images per second, and the time of each operator.")
        {
            CommonOptions.Network, CommonOptions.Batch, CommonOptions.Size, Steps, Mode,
            CommonOptions.Device, CommonOptions.Threads, CommonOptions.Algorithms, CommonOptions.Precision, CommonOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static void Run(ParseResult parsed)
    {
        var options = new TrainingOptions
        {
            Network = parsed.GetValue(CommonOptions.Network)!,
            Batch = parsed.GetValue(CommonOptions.Batch),
            Size = parsed.GetValue(CommonOptions.Size),
        };
        options.Validate();
        using ComputeDevice device = CommonOptions.OpenDevice(parsed);
        BenchmarkResult result = Benchmark.Run(device, options, parsed.GetValue(Steps), parsed.GetValue(Mode) == "train");
        if (parsed.GetValue(CommonOptions.Json))
            Output.Json(result);
        else
            Print(result);
    }

    private static void Print(BenchmarkResult result)
    {
        double total = result.Operators.Sum(o => o.Seconds);
        Table table = Output.Table("Operators of one step", "Operator", "Shape", "Algorithm", "Calls", "ms", "Share", "GFLOP/s", "GB/s");
        foreach (OperatorTiming timing in result.Operators)
        {
            table.AddRow(
                timing.Operator, timing.Shape, timing.Algorithm, Output.Count(timing.Calls),
                Output.Number(timing.Seconds * 1e3, 2), Output.Number(100 * timing.Seconds / total, 1) + " %",
                timing.Flops == 0 ? "" : Output.Number(timing.Flops / timing.Seconds / 1e9, 0), Output.Number(timing.Bytes / timing.Seconds / 1e9, 1));
        }
        AnsiConsole.Write(table);
        Console.Out.WriteLine($"{result.Device}");
        Console.Out.WriteLine(
            $"{result.Network} {result.Mode}, {result.Precision.ToString().ToLowerInvariant()}, batch {result.Batch}, {result.Size}x{result.Size}: {Output.Number(result.ImagesPerSecond, 2)} images/s " +
            $"(median of {result.Steps} steps {Output.Number(result.MedianSeconds * 1e3, 1)} ms, {Output.Number(result.Fastest * 1e3, 1)} to {Output.Number(result.Slowest * 1e3, 1)}).");
        Console.Out.WriteLine($"Arena {Output.Number(result.ArenaBytes / 1e6, 0)} MB, peak resident {Output.Number(result.PeakResidentBytes / 1e6, 0)} MB.");
    }
}
