using System.CommandLine;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Reports;
using IlgpuCxr.Reproduction;
using IlgpuCxr.Study;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr reproduce</c>: the whole study, row by row.</summary>
internal static class ReproduceCommand
{
    private static readonly Option<string> Part1 = new("--part1")
    {
        Description = "Directory of Part 1's images (the study's 'Assignment 5 Dataset', or one of that layout); without it phantoms are drawn.",
    };

    private static readonly Option<string> Part2 = new("--part2")
    {
        Description = "Directory of Part 2's images (the study's 'A_05_Part_02_Dataset', or one of that layout); without it phantoms are drawn.",
    };

    private static readonly Option<string> Rows = new("--rows")
    {
        Description = "The rows to train, such as 1-8,p2:1-4 (all). With the images of one part only, that part's.",
    };

    private static readonly Option<string> Weights = new("--weights")
    {
        Description = "The first weights: imagenet, random, or a directory with the files of both networks. [default: imagenet for given images, random where there are none; random for phantoms]",
        HelpName = "DIR|imagenet|random",
    };

    private static readonly Option<int> Epochs = OptionKinds.Number<int>(
        "--epochs", "Passes over the training images: 25, on phantoms fewer.");

    private static readonly Option<int> Size = OptionKinds.Number<int>(
        "--size", "Edge of the square images, in pixels: 224, on phantoms smaller.");

    private static readonly Option<int> Batch = OptionKinds.Number<int>("--batch", "Images in a step: 32.");

    private static readonly Option<float> LearningRate = OptionKinds.Number<float>(
        "--lr", "The learning rate: 0.0001, on phantoms larger.");

    private static readonly Option<int> Limit = OptionKinds.Number<int>(
        "--limit", "About how many images of each split to use, each class in its share; all by default.");

    private static readonly Option<long> Seed = OptionKinds.Number<long>("--seed", "Seed of everything random.", 1L);

    private static readonly Option<string> Out = new("--out")
    {
        Description = "Directory for the results; the same one again goes on where it was left.",
        DefaultValueFactory = _ => Path.Combine("runs", "reproduce"),
    };

    public static Command Create()
    {
        var command = new Command(
            "reproduce", "Train the rows of the study, and print its tables as paper / ours / difference.")
        {
            Part1, Part2, Rows, Weights, Epochs, Size, Batch, LearningRate, Limit, Seed, Out, DataOptions.Strict,
            CommonOptions.Device, CommonOptions.Threads, CommonOptions.Algorithms, CommonOptions.Precision,
            CommonOptions.Json, CommonOptions.Quiet,
        };
        command.SetStoppableAction(Run, _ => Interruption.GoesOn);
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        bool isJson = parsed.GetValue(CommonOptions.Json), quiet = isJson || parsed.GetValue(CommonOptions.Quiet);
        StudyOptions options = Options(parsed);
        options.Validate();
        var weights = new StudyWeights(options);
        using ComputeDevice device = CommonOptions.OpenDevice(parsed);
        var reproduction = new StudyReproduction(
            device, options, weights, DataOptions.OpenCache(), CommonOptions.ThreadsOf(parsed),
            parsed.GetValue(DataOptions.Strict));
        if (!quiet)
            ReproductionDisplay.PrintHeader(device, options, weights);
        else if (weights.Notice is { } notice)
            Output.ErrorLine(notice);
        StudyReport report;
        try
        {
            report = ReproductionDisplay.Run(
                quiet, parsed.GetValue(CommonOptions.Verbose), observer => reproduction.Run(observer, cancellation));
        }
        finally
        {
            DataOptions.PrintUnreadable([.. reproduction.Unreadable]);
        }
        if (isJson)
            Output.Json(ReproductionDisplay.AsJson(report, reproduction.Failed));
        else
            ReproductionDisplay.PrintTables(report);
        if (reproduction.Failed.Count == 0)
            return 0;
        Output.ErrorLine(ReproductionDisplay.Failed(reproduction.Failed));
        return 1;
    }

    internal static StudyOptions Options(ParseResult parsed)
    {
        string? part1 = parsed.GetValue(Part1), part2 = parsed.GetValue(Part2), rows = parsed.GetValue(Rows);
        string byDefault = (part1, part2) switch
        {
            (not null, null) => "1-8",
            (null, not null) => "p2:1-4",
            _ => "all",
        };
        return new StudyOptions
        {
            Part1 = part1,
            Part2 = part2,
            Rows = StudyRows.Parse(rows ?? byDefault),
            Weights = parsed.GetValue(Weights),
            Epochs = Given(parsed, Epochs),
            Size = Given(parsed, Size),
            Batch = Given(parsed, Batch),
            LearningRate = Given(parsed, LearningRate),
            Limit = Given(parsed, Limit),
            Seed = parsed.GetValue(Seed),
            Out = parsed.GetValue(Out)!,
        };
    }

    private static T? Given<T>(ParseResult parsed, Option<T> option)
        where T : struct => parsed.IsGiven(option) ? parsed.GetValue(option) : null;
}
