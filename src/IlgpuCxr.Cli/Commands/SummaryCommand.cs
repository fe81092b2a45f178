using System.CommandLine;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr summary NET</c>: a network's layers, shapes, parameters and operations.</summary>
internal static class SummaryCommand
{
    private static readonly Argument<string> Network =
        new Argument<string>("net")
        {
            Description = $"The network: {string.Join(" or ", CommonOptions.Networks)}.",
        }.OneOf(CommonOptions.Networks);

    public static Command Create()
    {
        var command = new Command("summary", "Show a network's layers, shapes, parameters and operations.")
        {
            Network, CommonOptions.Size, CommonOptions.Batch, CommonOptions.Freeze, CommonOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static void Run(ParseResult parsed)
    {
        var options = new TrainingOptions
        {
            Network = parsed.GetValue(Network)!,
            Size = parsed.GetValue(CommonOptions.Size),
            Batch = parsed.GetValue(CommonOptions.Batch),
        };
        options.Validate();
        using ComputeDevice device = DeviceCatalog.Open("cpu");
        using var network = new Network(device, options.Network, options.Head(NetworkHead.Part1.Outputs));
        network.Freeze(parsed.GetValue(CommonOptions.Freeze)!);
        IReadOnlyList<LayerDescription> layers = network.Describe(
            new TensorShape(options.Batch, options.Size, options.Size, 3));
        if (parsed.GetValue(CommonOptions.Json))
            Output.Json(layers);
        else
            Print(options, layers);
    }

    private static void Print(TrainingOptions options, IReadOnlyList<LayerDescription> layers)
    {
        Output.Table(
            $"{options.Network}, {options.Batch} images of {options.Size}x{options.Size}",
            ["Layer", "Kind", "Output", "Parameters", "GFLOP"],
            layers.Select(layer => (string[])
            [
                layer.Name, layer.Kind, layer.Output.ToString(),
                layer.Parameters == 0
                    ? ""
                    : Output.Count(layer.Parameters) + (layer.Trainable == 0 ? " frozen" : ""),
                layer.Flops == 0 ? "" : Output.Number(layer.Flops / 1e9, 3),
            ]));
        Output.Line(
            $"{Output.Count(layers.Sum(l => l.Parameters))} parameters, {Output.Count(layers.Sum(l => l.Trainable))} trainable, " +
            $"{Output.Number(layers.Sum(l => l.Flops) / 1e9, 2)} GFLOP forward.");
    }
}
