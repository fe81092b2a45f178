using System.CommandLine;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Training;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr predict</c>: what a checkpoint says about images.</summary>
internal static class PredictCommand
{
    private static readonly Argument<string> Input = new("input")
    {
        Description = "An image, a directory of images, or a .safetensors file with normalised images: a tensor 'input' [N, 3, H, W].",
    };

    private static readonly Option<string> Csv = new("--csv")
    {
        Description = "Write a file in the study's format: a line per image, its name and 0 or 1 for each class, without a header; - prints it in place of the table.",
    };

    private static readonly Option<bool> Probabilities = new("--probabilities")
    {
        Description = "Write the probability of each class to --csv in place of 0 or 1.",
    };

    public static Command Create()
    {
        var command = new Command("predict", "Tell the probability of each class for images.")
        {
            Input, CommonOptions.CheckpointPath, CommonOptions.CheckpointBatch, Csv, Probabilities,
            DataOptions.Strict, CommonOptions.Device, CommonOptions.Threads, CommonOptions.Algorithms,
            CommonOptions.Precision, CommonOptions.Json, CommonOptions.Quiet,
        };
        command.SetStoppableAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string input = parsed.GetValue(Input)!, checkpoint = parsed.GetValue(CommonOptions.CheckpointPath)!;
        if (!File.Exists(input) && !Directory.Exists(input))
            throw new DataException($"There is no image, directory or .safetensors file '{input}'; check the path.");
        IReadOnlyList<ImageSample> samples = Directory.Exists(input)
            ? ImageDirectory.Flat(input)
            : [new ImageSample(input, 0)];
        string? csv = parsed.GetValue(Csv);
        UsageException.Require(
            csv is not null || !parsed.GetValue(Probabilities),
            $"{Probabilities.Name} says what is written to {Csv.Name}; add {Csv.Name} FILE.");
        Output.Refuse(
            Csv.Name, csv, [Checkpoint.FileOf(checkpoint), .. samples.Select(sample => sample.Path)]);
        bool isJson = parsed.GetValue(CommonOptions.Json), isCsvPrinted = csv is not null && AtomicFile.IsStandardOutput(csv);
        UsageException.Require(
            !isJson || !isCsvPrinted, $"{Csv.Name} '{csv}' would mix with what --json prints; leave out one of them.");
        TrainingOptions options = CommonOptions.OptionsOf(parsed, Checkpoint.ReadInfo(checkpoint));
        using ComputeDevice device = CommonOptions.OpenDevice(parsed);
        using var predictor = new Predictor(device, checkpoint);
        IReadOnlyList<ImagePrediction> predictions = Predict(parsed, predictor, options, samples, cancellation);
        if (csv is not null && parsed.GetValue(Probabilities))
            PredictionFile.WriteProbabilities(csv, predictions);
        else if (csv is not null)
            PredictionFile.Write(csv, options.Task, predictions);
        if (isJson)
            Output.Json(predictions.Select(prediction => AsJson(predictor.Info, prediction)));
        else if (!isCsvPrinted && !parsed.GetValue(CommonOptions.Quiet))
        {
            Output.Line(DeviceText.Of(device));
            PrintTable(checkpoint, predictor.Info, predictions);
        }
        return 0;
    }

    private static IReadOnlyList<ImagePrediction> Predict(
        ParseResult parsed, Predictor predictor, TrainingOptions options, IReadOnlyList<ImageSample> samples,
        CancellationToken cancellation)
    {
        string input = parsed.GetValue(Input)!;
        if (input.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            return predictor.Predict(input, options.Batch, cancellation);
        // An image that is asked for by its name cannot be left out.
        ImageBatchLoader loader = DataOptions.OpenLoader(parsed, options, strict: !Directory.Exists(input));
        IReadOnlyList<ImagePrediction> predictions = predictor.Predict(samples, loader, cancellation);
        DataOptions.PrintUnreadable(loader);
        return predictions;
    }

    private static string[] Names(CheckpointInfo info, ImagePrediction prediction) =>
        [.. info.Classes.Where((_, c) => LabelSet.Has(info.Options.Task, prediction.Label, c))];

    private static object AsJson(CheckpointInfo info, ImagePrediction prediction) => new
    {
        prediction.Name,
        Probabilities = Output.ByClass(info.Classes, prediction.Probabilities),
        Predicted = Names(info, prediction),
    };

    private static void PrintTable(
        string checkpoint, CheckpointInfo info, IReadOnlyList<ImagePrediction> predictions) =>
        Output.Table(
            $"{checkpoint}: probability of each class", ["image", .. info.Classes, "predicted"],
            predictions.Select(prediction => (string[])
            [
                prediction.Name, .. prediction.Probabilities.Select(probability => Output.Number(probability, 4)),
                Names(info, prediction) is [_, ..] and var names ? string.Join(", ", names) : "none",
            ]));
}
