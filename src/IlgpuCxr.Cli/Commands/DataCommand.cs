using System.CommandLine;
using IlgpuCxr.Data;
using IlgpuCxr.Phantoms;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr data</c>: checks a data set, draws phantoms, shows the cache of decoded images.</summary>
internal static class DataCommand
{
    private static readonly string WhyDark =
        $" (no level above {DataCheck.DarkLevel} of 255; where a file of 16 bits a pixel has values of 12 bits, multiply them by 16)";

    private static readonly Argument<string> Root = new("dir")
    {
        Description = "The directory of the splits or the CSV file, as --data takes it.",
    };

    private static readonly Option<string> Part =
        new Option<string>("--part")
        {
            Description = "Whose folder layout: 1, 2 or both, below part1 and part2.",
            DefaultValueFactory = _ => "both",
        }.OneOf("1", "2", "both");

    private static readonly Option<string> Out = new("--out")
    {
        Description = "Directory for the phantoms.",
        Required = true,
    };

    private static readonly Option<int> Train = OptionKinds.Number<int>(
        "--train", "Training images of a part, in the study's shares of the classes.", 600);

    private static readonly Option<int> Held = OptionKinds.Number<int>(
        "--held", "Validation images of a part, and as many test images.", 150);

    private static readonly Option<int> Size = OptionKinds.Number<int>("--size", "Edge of the images, in pixels.", 128);

    private static readonly Option<long> Seed = OptionKinds.Number<long>("--seed", "Another seed, other patients.", 1L);

    private static readonly Option<float> Difficulty =
        OptionKinds.Number<float>(
            "--difficulty", "From 0, opacities dense, to 1, faint in haze and noise.",
            (float)Phantom.DefaultDifficulty);

    private static readonly Option<bool> ClearCache = new("--clear") { Description = "Delete the decoded images; they are decoded again when they are needed." };

    public static Command Create() => new("data", "Check a data set, draw phantoms, show the cache of decoded images.") { Check(), Phantoms(), Cache() };

    private static Command Check()
    {
        var command = new Command(
            "check",
            "Count images; find unreadable files, images that are almost black, duplicates across splits and patients in two splits. Exits with 0 whatever it finds.")
        {
            Root, CommonOptions.Threads, CommonOptions.Json,
        };
        command.SetStoppableAction(RunCheck);
        return command;
    }

    private static Command Phantoms()
    {
        var command = new Command(
            "phantom", "Draw a data set of synthetic chest X-rays; called again, it goes on where it was left.")
        {
            Out, Part, Train, Held, Size, Seed, Difficulty, CommonOptions.Threads, CommonOptions.Quiet,
        };
        command.SetStoppableAction(RunPhantoms, _ => Interruption.GoesOn);
        return command;
    }

    private static Command Cache()
    {
        var command = new Command(
            "cache", "Show where decoded images are kept, and how large they are.") { ClearCache, CommonOptions.Json };
        command.SetAction(RunCache);
        return command;
    }

    private static int RunCheck(ParseResult parsed, CancellationToken cancellation)
    {
        bool isJson = parsed.GetValue(CommonOptions.Json);
        DataCheck check = ProgressLine.Run(isJson, "reading images", progress =>
            DataCheck.Run(
                parsed.GetValue(Root)!, new VipsImageDecoder(), CommonOptions.ThreadsOf(parsed), progress,
                cancellation));
        if (isJson)
        {
            Output.Json(
                new
                {
                    check.Data.Root,
                    check.Data.ClassNames,
                    check.Counts,
                    check.Unreadable,
                    check.Dark,
                    check.Duplicates,
                    check.Repeats,
                    check.Patients,
                });
            return 0;
        }
        Output.Table(
            check.Data.Root, ["split", "images", .. check.Data.ClassNames],
            check.Counts.Select(count => (string[])
            [
                count.Split, Output.Count(count.Images),
                .. count.Classes.Count > 0
                    ? count.Classes.Select(images => Output.Count(images))
                    : check.Data.ClassNames.Select(_ => "-"),
            ]));
        Tell("unreadable file", "unreadable files", [.. check.Unreadable.Select(image => image.Reason)]);
        Tell("image that is almost black", "images that are almost black", check.Dark, WhyDark);
        Tell(
            "file that is in several splits or classes", "files that are in several splits or classes",
            [.. check.Duplicates.Select(file => string.Join("  =  ", file.Paths))]);
        Tell(
            "file that is several times in a class", "files that are several times in a class",
            [.. check.Repeats.Select(file => string.Join("  =  ", file.Paths))]);
        Tell(
            "patient in several splits", "patients in several splits",
            [
                .. check.Patients.Select(
                    patient => $"{patient.Patient}: {patient.Images} images in {string.Join(", ", patient.Splits)}")]);
        return 0;
    }

    private static int RunPhantoms(ParseResult parsed, CancellationToken cancellation)
    {
        string root = parsed.GetValue(Out)!, part = parsed.GetValue(Part)!;
        int size = parsed.GetValue(Size), train = parsed.GetValue(Train), held = parsed.GetValue(Held);
        float difficulty = parsed.GetValue(Difficulty);
        int fewest = Enum.GetValues<PhantomClass>().Length;
        UsageException.Require(
            size is >= Phantom.SmallestSize and <= Phantom.LargestSize,
            $"--size {size} is out of range: use {Phantom.SmallestSize} to {Phantom.LargestSize}.");
        UsageException.Require(
            train >= fewest, $"--train {train} is too few: use at least {fewest}, one of each class.");
        UsageException.Require(held >= fewest, $"--held {held} is too few: use at least {fewest}, one of each class.");
        UsageException.Require(
            difficulty is >= 0 and <= 1, UsageException.OutOfRange("--difficulty", difficulty, "0 (easy) to 1 (hard)"));
        bool quiet = parsed.GetValue(CommonOptions.Quiet);
        foreach (StudyPart each in Enum.GetValues<StudyPart>().Where(each => part == "both" || part == $"{each.Number()}"))
        {
            string directory = part == "both" ? Path.Combine(root, each.DirectoryName()) : root;
            var options = new PhantomDatasetOptions(
                each, PhantomCounts.LikeStudy(each, train, held), size, (ulong)parsed.GetValue(Seed),
                Math.Round(difficulty, 6));
            int drawn = ProgressLine.Run(quiet, $"drawing {directory}", progress =>
                PhantomDataset.Write(directory, options, CommonOptions.ThreadsOf(parsed), progress, cancellation),
                options.Counts.Total);
            if (!quiet)
                Output.Line(
                    $"{directory}: {Output.Count(options.Counts.Total)} phantoms of {size}x{size} pixels, {Output.Count(drawn)} of them drawn now.");
        }
        return 0;
    }

    private static void RunCache(ParseResult parsed)
    {
        var cache = new DecodedImageCache(new VipsImageDecoder());
        bool clears = parsed.GetValue(ClearCache);
        (int entries, long bytes) = cache.Measure();
        if (clears)
            cache.Clear();
        if (parsed.GetValue(CommonOptions.Json))
            Output.Json(
                new
                {
                    cache.Location,
                    Images = clears ? 0 : entries,
                    Bytes = clears ? 0 : bytes,
                    DeletedImages = clears ? entries : 0,
                    DeletedBytes = clears ? bytes : 0,
                });
        else
            Output.Line(
                $"{cache.Location}: {(clears ? "deleted " : "")}{Output.Count(entries)} decoded images, {Output.Number(bytes / 1e6, 1)} MB ({UserCache.Variable} names another place).");
    }

    private static void Tell(string one, string several, IReadOnlyList<string> lines, string why = "")
    {
        Output.Line(lines.Count switch
        {
            0 => $"No {one}.",
            1 => $"1 {one}{why}:",
            _ => $"{Output.Count(lines.Count)} {several}{why}:",
        });
        foreach (string line in lines.Take(DataOptions.MostTold))
            Output.Line($"  {line}");
        if (lines.Count > DataOptions.MostTold)
            Output.Line($"  and {Output.Count(lines.Count - DataOptions.MostTold)} more; --json lists all.");
    }
}
