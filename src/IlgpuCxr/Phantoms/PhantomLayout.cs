using System.Globalization;
using IlgpuCxr.Data;

namespace IlgpuCxr.Phantoms;

/// <summary>The study's two folder layouts.</summary>
internal static class PhantomLayout
{
    /// <summary>The folder of Part 2's unlabelled images.</summary>
    public const string UnlabelledFolder = "Test";

    /// <summary>Every image of a data set.</summary>
    public static PhantomFile[] Files(PhantomDatasetOptions options)
    {
        var files = new List<PhantomFile>();
        foreach (PhantomSplit split in Enum.GetValues<PhantomSplit>())
        {
            if (options.Part == StudyPart.Part2 && split == PhantomSplit.Test)
                files.AddRange(Unlabelled(options));
            else
                files.AddRange(Labelled(options, split));
        }
        return [.. files];
    }

    private static IEnumerable<PhantomFile> Labelled(PhantomDatasetOptions options, PhantomSplit split)
    {
        foreach (PhantomClass label in Enum.GetValues<PhantomClass>())
        {
            string folder = options.Part == StudyPart.Part1 ? Part1Folder(split, label) : Part2Folder(split, label);
            string prefix = label.ToString().ToLowerInvariant();
            for (int index = 0; index < options.Counts.Of(split)[label]; index++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{prefix}-{index:D5}.png");
                yield return new PhantomFile(folder, name, split, label, index);
            }
        }
    }

    // The classes are mixed by a number that belongs to the image, so that a file's number says nothing about its
    // class.
    private static IEnumerable<PhantomFile> Unlabelled(PhantomDatasetOptions options)
    {
        const PhantomSplit Split = PhantomSplit.Test;
        const ulong Shuffle = 0x53687566;
        var images =
            from label in Enum.GetValues<PhantomClass>()
            from index in Enumerable.Range(0, options.Counts.Test[label])
            orderby new PhantomRandom(options.Seed, (ulong)label, (ulong)index, Shuffle).Next()
            select (label, index);
        return images.Select((image, number) => new PhantomFile(
            UnlabelledFolder, string.Create(CultureInfo.InvariantCulture, $"{number}.png"), Split, image.label,
            image.index));
    }

    private static string Part1Folder(PhantomSplit split, PhantomClass label)
    {
        string top = split.ToString().ToLowerInvariant();
        return Path.Combine(top, label == PhantomClass.Normal ? "normal" : "infected");
    }

    private static string Part2Folder(PhantomSplit split, PhantomClass label) => label switch
    {
        // The study's own inconsistency: its two folders for COVID-19 have different names.
        PhantomClass.Covid => Path.Combine(split.ToString(), split == PhantomSplit.Train ? "covid-19" : "covid"),
        PhantomClass.Pneumonia => Path.Combine(split.ToString(), "pneumonia"),
        _ => Path.Combine(split.ToString(), "normal"),
    };
}
