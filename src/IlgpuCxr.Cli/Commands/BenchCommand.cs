using System.CommandLine;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Training;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr bench</c>: how fast a network trains or infers here, and where the time goes.</summary>
internal static class BenchCommand
{
    private static readonly Option<string[]> Networks = OptionKinds.Words(
        "--net", "The network, or several with commas between them: each is measured with each batch.",
        string.Join('|', CommonOptions.Networks), CommonOptions.Networks, CommonOptions.Networks[0]);

    private static readonly Option<int[]> Batches = OptionKinds.Numbers(
        "--batch", "Images in a step, or several numbers with commas between them.", 32);

    private static readonly Option<int> Steps = OptionKinds.Number<int>("--steps", "Steps to measure.", 10);

    private static readonly Option<string> Mode =
        new Option<string>("--mode")
        {
            Description = "Whole training steps, or forward only.",
            DefaultValueFactory = _ => "train",
        }.OneOf("train", "infer");

    private static readonly Option<string?> Data = new("--data")
    {
        Description = "Also measure training on these images, read and augmented meanwhile: a directory or CSV file as 'cxr train' takes it.",
    };

    public static Command Create()
    {
        var command = new Command(
            "bench",
            "Measure images per second, and the time of each operator. Of several networks or batches --json prints a line each.")
        {
            Networks, Batches, CommonOptions.Size, Steps, Mode, Data,
            CommonOptions.Device, CommonOptions.Threads, CommonOptions.Algorithms, CommonOptions.Precision,
            CommonOptions.Json, CommonOptions.Quiet,
        };
        command.SetInterruptibleAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string? data = parsed.GetValue(Data);
        bool trains = parsed.GetValue(Mode) == "train";
        ClassificationTask task = data is null ? ClassificationTask.Binary : ImageDataset.TaskOf(data);
        TrainingOptions common = TrainingOptions.Study(task) with { Size = parsed.GetValue(CommonOptions.Size) };
        TrainingOptions[] all =
        [
            .. parsed.GetValue(Networks)!.SelectMany(
                _ => parsed.GetValue(Batches)!, (network, batch) => common with { Network = network, Batch = batch }),
        ];
        foreach (TrainingOptions options in all)
            options.Validate();
        UsageException.Require(data is null || trains, "--data measures training; leave out --mode infer.");
        ImageDataset? images = data is null ? null : ImageDataset.Open(data, common.Task);
        using ComputeDevice device = CommonOptions.OpenDevice(parsed);
        foreach (TrainingOptions options in all)
        {
            BenchmarkResult result = Benchmark.Run(device, options, parsed.GetValue(Steps), trains);
            if (images is not null)
                result = result with
                {
                    Data = DataBenchmark.Run(
                        device, options, images, DataOptions.OpenLoader(parsed, options, strict: true),
                        parsed.GetValue(Steps)),
                };
            if (!parsed.GetValue(CommonOptions.Json))
            {
                if (!parsed.GetValue(CommonOptions.Quiet))
                    PrintOperators(result);
                Print(result, device.Kind);
            }
            else if (all.Length == 1)
                Output.Json(result);
            else
                Output.JsonLine(result);
        }
        return 0;
    }

    private static void PrintOperators(BenchmarkResult result)
    {
        double total = result.Operators.Sum(o => o.Seconds);
        Output.Table(
            "Operators of one step",
            ["Operator", "Shape", "Algorithm", "Calls", "ms", "Share", "GFLOP/s", "GB/s"],
            result.Operators.Select(timing => (string[])
            [
                timing.Operator, timing.Shape, timing.Algorithm, Output.Count(timing.Calls),
                Output.Number(timing.Seconds * 1e3, 2), Output.Number(100 * timing.Seconds / total, 1) + " %",
                timing.Flops == 0 ? "" : Output.Number(timing.Flops / timing.Seconds / 1e9, 0),
                Output.Number(timing.Bytes / timing.Seconds / 1e9, 1),
            ]));
    }

    private static void Print(BenchmarkResult result, DeviceKind kind)
    {
        Output.Line(result.Device);
        Output.Line(
            $"{result.Network} {result.Mode}, {result.Precision.ToString().ToLowerInvariant()}, batch {result.Batch}, {result.Size}x{result.Size}: {Output.Number(result.ImagesPerSecond, 2)} images/s " +
            $"(median of {result.Steps} steps {Output.Number(result.MedianSeconds * 1e3, 1)} ms, {Output.Number(result.Fastest * 1e3, 1)} to {Output.Number(result.Slowest * 1e3, 1)}).");
        if (kind != DeviceKind.Cpu)
            Output.Line(
                $"The host takes {Output.Number(result.HostSeconds * 1e3, 2)} ms to launch a step, {Output.Number(100 * result.HostSeconds / result.MedianSeconds, 1)} % of it.");
        Output.Line(
            $"Device memory {Output.Number(result.DeviceBytes / 1e6, 0)} MB, {Output.Number(result.ArenaBytes / 1e6, 0)} MB of it activations and gradients; peak resident {Output.Number(result.PeakResidentBytes / 1e6, 0)} MB.");
        if (result.Data is { } images)
        {
            Output.Line(
                $"On {Output.Count(images.Images)} images of {images.Data}: {Pass(images.First)} in the first epoch, which decodes those that are not in the cache, {Pass(images.Next)} in the next.");
        }
    }

    private static string Pass(DataBenchmarkPass pass) =>
        $"{Output.Number(pass.ImagesPerSecond, 2)} images/s ({Output.Number(100 * pass.WaitingShare, 1)} % of the time waiting for images)";
}
