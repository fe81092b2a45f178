using System.CommandLine;
using IlgpuCxr.Data;
using IlgpuCxr.Explain;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Training;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr explain</c>: where in an image a checkpoint finds a class.</summary>
internal static class ExplainCommand
{
    private static readonly Argument<string> Input = new("image") { Description = "An image." };

    private static readonly Option<string> ClassName = new("--class") { Description = "The class to explain; the most likely one by default." };

    private static readonly Option<string> Out = new("--out") { Description = "The PNG to write; IMAGE-gradcam.png in this directory by default." };

    public static Command Create()
    {
        var command = new Command("explain", "Draw over an image where a checkpoint finds a class, by Grad-CAM.")
        {
            Input, CommonOptions.CheckpointPath, ClassName, Out, CommonOptions.Device, CommonOptions.Threads,
            CommonOptions.Algorithms, CommonOptions.Precision, CommonOptions.Json, CommonOptions.Quiet,
        };
        command.SetStoppableAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string input = parsed.GetValue(Input)!;
        if (!File.Exists(input))
            throw new DataException(Directory.Exists(input)
                ? $"'{input}' is a directory; name one image in it."
                : $"There is no image '{input}'; check the path.");
        string picture = parsed.GetValue(Out) ?? Path.GetFileNameWithoutExtension(input) + "-gradcam.png";
        if (!Path.GetExtension(picture).Equals(".png", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"--out '{picture}' is no PNG file by its name; let it end in .png.");
        Output.Refuse(Out.Name, picture, input);
        using ComputeDevice device = CommonOptions.OpenDevice(parsed);
        using var explainer = new Explainer(device, parsed.GetValue(CommonOptions.CheckpointPath)!);
        ImageBatchLoader loader = DataOptions.OpenLoader(parsed, explainer.Info.Options, strict: true);
        Explanation explanation = explainer.Explain(
            new ImageSample(input, 0), loader, parsed.GetValue(ClassName), cancellation);
        explanation.Save(picture);
        if (parsed.GetValue(CommonOptions.Json))
        {
            Output.Json(new
            {
                Probabilities = Output.ByClass(explainer.Info.Classes, explanation.Probabilities),
                explanation.Class,
                Picture = picture,
                explanation.Map,
            });
        }
        else if (!parsed.GetValue(CommonOptions.Quiet))
        {
            IEnumerable<string> probabilities = explainer.Info.Classes.Zip(
                explanation.Probabilities, (name, probability) => $"{name} {Output.Number(probability, 4)}");
            Output.Line(DeviceText.Of(device));
            Output.Line($"{input}: {string.Join(", ", probabilities)}");
            Output.Line($"{picture}: {Told(explanation.Map, explanation.Class)}");
        }
        return 0;
    }

    /// <summary>What the picture shows, in a sentence.</summary>
    internal static string Told(HeatMap map, string className) => map switch
    {
        _ when map.Values.All(value => value <= 0) => $"nothing in the image speaks for {className}.",
        { Height: > 1, Width: > 1 } => $"what speaks for {className}, red most.",
        _ =>
            $"the map has {map.Height}x{map.Width} cells and tells no place of what speaks for {className}; train with a larger --size.",
    };
}
