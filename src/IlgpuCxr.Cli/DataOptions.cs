using System.CommandLine;
using IlgpuCxr.Data;
using IlgpuCxr.Training;

namespace IlgpuCxr.Cli;

/// <summary>The options that say which images to read and how.</summary>
internal static class DataOptions
{
    /// <summary>Most lines of a list; then follows how many more there are.</summary>
    internal const int MostTold = 20;

    public static readonly Option<string> Data = new("--data")
    {
        Description = "Directory with train, validation and perhaps test, each with a directory of images for each class; or a CSV file with the columns path, labels (a|b), split and perhaps patient.",
        Required = true,
    };

    public static readonly Option<ClassificationTask> Task =
        OptionKinds.Choice<ClassificationTask>(
            "--task",
            "binary: one class an image; multilabel: COVID, pneumonia, normal, told by the directory's name. [default: binary]");

    public static readonly Option<bool> Strict = new("--strict")
    {
        Description = "Refuse unreadable images instead of skipping them.",
    };

    /// <summary>What makes batches of the images.</summary>
    public static ImageBatchLoader OpenLoader(ParseResult parsed, TrainingOptions options, bool strict = false) =>
        new(OpenCache(), Batches(parsed, options, strict));

    /// <summary>The user's cache of decoded images, which says so where the drive has no room for it.</summary>
    public static DecodedImageCache OpenCache() => new(
        new VipsImageDecoder(),
        // On a terminal a line that tells how far work is may be there, which an empty one ends.
        notify: notice => Execution.Say(Output.IsTerminal && !Console.IsErrorRedirected ? ["", notice] : [notice]));

    /// <summary>What the options say of batches.</summary>
    internal static ImageBatchOptions Batches(ParseResult parsed, TrainingOptions options, bool strict = false) =>
        options.Batches(CommonOptions.ThreadsOf(parsed), strict || parsed.GetValue(Strict));

    /// <summary>Names what could not be read.</summary>
    public static void PrintUnreadable(ImageBatchLoader loader) => PrintUnreadable(loader.Unreadable);

    /// <summary>Names what could not be read.</summary>
    public static void PrintUnreadable(IReadOnlyList<UnreadableImage> unreadable)
    {
        if (unreadable.Count == 0)
            return;
        Output.ErrorLine(
            $"{unreadable.Count} unreadable {(unreadable.Count == 1 ? "image was" : "images were")} skipped (--strict refuses them):");
        foreach (UnreadableImage image in unreadable.Take(MostTold))
            Output.ErrorLine($"  {image.Reason}");
        if (unreadable.Count > MostTold)
            Output.ErrorLine($"  and {Output.Count(unreadable.Count - MostTold)} more.");
    }
}
