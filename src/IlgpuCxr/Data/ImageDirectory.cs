using System.IO.Enumeration;
using System.Text.RegularExpressions;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Data;

/// <summary>
/// Lists data sets in directories, <c>root/split/class/*.png</c> as torchvision's ImageFolder reads them.
/// </summary>
/// <remarks>
/// Classes are the directories of a split, sorted, and a class's label is its place among them; a class's files are all
/// image files in and below its directory, sorted, but for those whose names begin with a dot. Where an image may have
/// several labels, the directory's name tells them as in the study's Part 2: covid (or covid-19) is COVID and
/// pneumonia, pneumonia and normal are themselves. Sorting is by UTF-16 code unit, so that labels and order are the
/// same on every machine. The splits <c>train</c>, <c>validation</c> (or <c>val</c>) and <c>test</c> are found in any
/// case. See
/// <see href="https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html">ImageFolder</see>.
/// </remarks>
public static partial class ImageDirectory
{
    // torchvision's IMG_EXTENSIONS but for the portable bitmaps .ppm and .pgm, which the decoder does not read.
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"];

    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = 0,
        // Left out, its images would be missing from the results, and nothing would say so.
        IgnoreInaccessible = false,
    };

    /// <summary>
    /// Lists images whose classes are not known: those in a directory, not below it, in the order of the numbers in
    /// their names.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="DataException">It has no images, or cannot be listed.</exception>
    public static IReadOnlyList<ImageSample> Flat(string directory) => Listing(directory, () =>
    {
        // With all numbers of the same length, the order of characters is that of numbers.
        ImageSample[] samples =
        [
            .. Directory.EnumerateFiles(directory).Where(IsImage)
                .OrderBy(
                    file => Digits().Replace(Path.GetFileName(file), number => number.Value.PadLeft(20, '0')),
                    StringComparer.Ordinal)
                .Select(file => new ImageSample(file, 0)),
        ];
        if (samples.Length > 0)
            return samples;
        throw new DataException(ImagesBelow(directory).FirstOrDefault() is { } below
            ? $"The directory '{directory}' has images only in directories below it; name one of those, such as '{Path.GetDirectoryName(below)}'."
            : $"The directory '{directory}' has no images; add some ({string.Join(", ", Extensions)}).");
    });

    /// <summary>Lists a data set's files; opens none of them.</summary>
    /// <param name="root">The directory of the splits.</param>
    /// <param name="task">One class an image, or several labels.</param>
    /// <param name="classes">
    /// Those of a trained network that is to be evaluated, for which training images are left out; null otherwise.
    /// </param>
    /// <exception cref="DataException">The directory does not have the layout described.</exception>
    internal static ImageDataset Open(string root, ClassificationTask task, IReadOnlyList<string>? classes)
    {
        if (!Directory.Exists(root))
        {
            throw new DataException(File.Exists(root)
                ? $"The data directory '{root}' is a file; give the directory that holds train and validation, or a .csv file."
                : $"The data directory '{root}' does not exist; check the path.");
        }
        return Listing(root, () => classes is null ? List(root, task) : List(root, task, [.. classes]));
    }

    /// <summary>Says which directory the system refuses to list.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="list">Lists it.</param>
    /// <exception cref="DataException">It is refused.</exception>
    internal static T Listing<T>(string directory, Func<T> list)
    {
        try
        {
            return list();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DataException(
                $"The data directory '{directory}' cannot be listed ({exception.Message.TrimEnd('.')}); check its permissions.",
                exception);
        }
    }

    /// <summary>Several labels, where the class directories are those of the study's Part 2.</summary>
    /// <param name="root">The directory of the splits.</param>
    /// <exception cref="DataException">It cannot be listed.</exception>
    internal static ClassificationTask TaskOf(string root) => Listing(root, () =>
    {
        string? train = Directory.Exists(root) ? FindSplit(root, SubdirectoriesOf(root), SplitNames.Train) : null;
        return train is not null && AreLabels(ClassesOf(train))
            ? ClassificationTask.MultiLabel
            : ClassificationTask.Binary;
    });

    private static ImageDataset List(string root, ClassificationTask task)
    {
        string[] directories = SubdirectoriesOf(root);
        if (directories.Length == 0)
            throw new DataException(
                $"The data directory '{root}' is empty of directories; it needs train/CLASS/*.png and validation/CLASS/*.png.");
        string train = FindSplit(root, directories, SplitNames.Train) ?? throw MissingSplit(root, SplitNames.Train);
        string validation = FindSplit(root, directories, SplitNames.Validation, "val")
            ?? throw MissingSplit(root, SplitNames.Validation);
        string? test = FindSplit(root, directories, SplitNames.Test);

        bool isTestLabelled = test is null || SubdirectoriesOf(test).Length > 0;
        string[] classNames = task == ClassificationTask.Binary ? ClassNamesOf(train) : StudyLabels.Names;
        return new ImageDataset(root, task)
        {
            ClassNames = classNames,
            Train = SamplesOf(train),
            Validation = SamplesOf(validation),
            Test = test is not null && isTestLabelled ? SamplesOf(test) : [],
            Unlabelled = isTestLabelled ? [] : Flat(test!),
        };

        List<ImageSample> SamplesOf(string split) =>
            task == ClassificationTask.Binary ? OneClassEach(split, classNames, train) : LabelsByDirectory(split);
    }

    /// <summary>The validation and test images, with the classes of a trained network.</summary>
    private static ImageDataset List(string root, ClassificationTask task, string[] classes)
    {
        string[] directories = SubdirectoriesOf(root);
        string? test = FindSplit(root, directories, SplitNames.Test);
        bool isTestLabelled = test is null || SubdirectoriesOf(test).Length > 0;
        return new ImageDataset(root, task)
        {
            ClassNames = classes,
            Validation = SamplesOf(FindSplit(root, directories, SplitNames.Validation, "val")),
            Test = isTestLabelled ? SamplesOf(test) : [],
            Unlabelled = isTestLabelled ? [] : Flat(test!),
        };

        ImageSample[] SamplesOf(string? split)
        {
            if (split is null)
                return [];
            string[] present = ClassesOf(split);
            if (Array.Exists(present, name => LabelOf(name) is null))
            {
                throw new DataException(
                    $"The split '{split}' has the classes {Names(present)} but the checkpoint has {Names(classes)}; "
                    + "use images of the same classes.");
            }
            return [.. present.SelectMany(name => LabelledBelow(Path.Combine(split, name), LabelOf(name)!.Value))];
        }

        int? LabelOf(string directory) => task == ClassificationTask.Binary
            ? Array.IndexOf(classes, directory) is >= 0 and int label ? label : null
            : classes.SequenceEqual(StudyLabels.Names) ? StudyLabels.Of(directory) : null;
    }

    private static string[] ClassNamesOf(string train)
    {
        string[] classNames = ClassesOf(train);
        if (classNames.Length == 0)
            throw new DataException($"The split '{train}' is empty; it needs one directory of images for each class.");
        if (classNames.Length == 1)
            throw new DataException(
                $"The split '{train}' has only the class '{classNames[0]}'; training needs at least two class directories.");
        return classNames;
    }

    private static string? FindSplit(string root, string[] directories, params ReadOnlySpan<string> names)
    {
        string? found = null;
        foreach (string directory in directories)
        {
            foreach (string name in names)
            {
                if (!name.Equals(Path.GetFileName(directory), StringComparison.OrdinalIgnoreCase))
                    continue;
                if (found is not null)
                    throw new DataException(
                        $"The data directory '{root}' has the split {names[0]} twice, '{found}' and '{directory}'; rename one of them.");
                found = directory;
            }
        }
        return found;
    }

    private static DataException MissingSplit(string root, string name) =>
        new($"The data directory '{root}' has no split '{name}'; " + (
            Array.Find(SubdirectoriesOf(root), part => FindSplit(part, SubdirectoriesOf(part), name) is not null)
                is { } part
            ? $"name one that has it, such as '{part}'."
            : $"it needs {name}/CLASS/*.png."));

    private static string[] ClassesOf(string split) =>
        [.. SubdirectoriesOf(split).Select(directory => Path.GetFileName(directory))];

    private static List<ImageSample> OneClassEach(string split, string[] classNames, string train)
    {
        string[] present = ClassesOf(split);
        if (!present.SequenceEqual(classNames))
        {
            string remedy = AreLabels(present) && AreLabels(classNames)
                ? "use --task multilabel for images of several labels"
                : "give all splits the same class directories";
            throw new DataException(
                $"The split '{split}' has the classes {Names(present)} but '{train}' has {Names(classNames)}; {remedy}.");
        }
        return [.. classNames.SelectMany((name, label) => SamplesIn(Path.Combine(split, name), label))];
    }

    /// <summary>
    /// The study's Part 2: a directory's name says which labels its images have, and differs between splits.
    /// </summary>
    private static List<ImageSample> LabelsByDirectory(string split)
    {
        string[] present = ClassesOf(split);
        if (!AreLabels(present))
        {
            throw new DataException(
                $"The split '{split}' has the class directories {Names(present)}; --task multilabel needs three, covid (or covid-19), normal and pneumonia.");
        }
        return [.. present.SelectMany(name => SamplesIn(Path.Combine(split, name), StudyLabels.Of(name)!.Value))];
    }

    /// <summary>Whether directories are the three of the study's Part 2.</summary>
    private static bool AreLabels(string[] directories) =>
        directories.Select(StudyLabels.Of)
            .Order()
            .SequenceEqual(StudyLabels.Sets.Order().Select(labels => (int?)labels));

    private static ImageSample[] SamplesIn(string directory, int label)
    {
        ImageSample[] samples = [.. LabelledBelow(directory, label)];
        return samples.Length > 0
            ? samples
            : throw new DataException(
                $"The class directory '{directory}' has no images; add some ({string.Join(", ", Extensions)}) or remove the class from all splits.");
    }

    private static IEnumerable<ImageSample> LabelledBelow(string directory, int label) =>
        ImagesBelow(directory).Select(file => new ImageSample(file, label));

    private static string[] SubdirectoriesOf(string directory) =>
        [.. Directory.EnumerateDirectories(directory).Where(path => !IsHidden(path)).Order(StringComparer.Ordinal)];

    /// <summary>
    /// Directory by directory, as Python's sorted(os.walk(…)) goes through them; separators are compared as there on
    /// Linux.
    /// </summary>
    private static IEnumerable<string> ImagesBelow(string directory) =>
        new FileSystemEnumerable<string>(
            directory, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), Everything)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory
                && IsImage(entry.FileName.ToString()),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !IsHidden(entry.FileName.ToString())
                && (!entry.Attributes.HasFlag(FileAttributes.ReparsePoint) || !LeadsRound(entry.ToFullPath())),
        }
            .OrderBy(file => Path.GetDirectoryName(file)!.Replace('\\', '/'), StringComparer.Ordinal)
            .ThenBy(file => Path.GetFileName(file), StringComparer.Ordinal);

    /// <summary>
    /// Whether a link leads to a directory that it was reached through: the system would follow it 40 times, and find
    /// each image as often.
    /// </summary>
    private static bool LeadsRound(string link)
    {
        string target = Links.Resolve(link);
        for (string? above = Path.GetDirectoryName(link); above is not null; above = Path.GetDirectoryName(above))
        {
            if (Links.Resolve(above) == target)
                return true;
        }
        return false;
    }

    /// <summary>
    /// Whether a file's name ends as an image's does, and tools do not hide it, as macOS does <c>._x.jpg</c>.
    /// </summary>
    private static bool IsImage(string file) =>
        !IsHidden(file) && Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Names that begin with a dot are tools' own, such as <c>.ipynb_checkpoints</c>: neither images nor classes.
    /// </summary>
    private static bool IsHidden(string path) => Path.GetFileName(path).StartsWith('.');

    private static string Names(string[] names) => names.Length == 0 ? "none" : string.Join(", ", names);

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
