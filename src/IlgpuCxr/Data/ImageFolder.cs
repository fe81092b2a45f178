using System.Globalization;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace IlgpuCxr.Data;

/// <summary>
/// A data set in directories, <c>root/split/class/*.png</c> as torchvision's ImageFolder reads it, or in a CSV file
/// (see <see cref="Open"/>).
/// </summary>
/// <remarks>
/// Classes are the directories of a split, sorted, and a class's label is its place among them; a class's files are all
/// image files in and below its directory, sorted, but for those whose names begin with a dot. Where an image may have
/// several labels, the directory's name tells them as in the study's Part 2: covid (or covid-19) is COVID and
/// pneumonia, pneumonia and normal are themselves. Sorting is by UTF-16 code unit, so that labels and order are the same on
/// every machine. The splits <c>train</c>, <c>validation</c> (or <c>val</c>) and <c>test</c> are found in any case. See
/// <see href="https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html">ImageFolder</see>.
/// </remarks>
public sealed partial class ImageFolder
{
    // torchvision's IMG_EXTENSIONS but for the portable bitmaps .ppm and .pgm, which the decoder does not read.
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"];

    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = 0,
    };

    internal ImageFolder(string root, ClassificationTask task)
    {
        Root = root;
        Task = task;
    }

    /// <summary>The directory of the splits, or the CSV file.</summary>
    public string Root { get; }

    /// <summary>One class an image, or several labels.</summary>
    public ClassificationTask Task { get; }

    /// <summary>The name of each class or label, in the order of their indices.</summary>
    public IReadOnlyList<string> ClassNames { get; internal init; } = [];

    /// <summary>What the network learns from.</summary>
    public IReadOnlyList<ImageSample> Train { get; internal init; } = [];

    /// <summary>What the best epoch is chosen by.</summary>
    public IReadOnlyList<ImageSample> Validation { get; internal init; } = [];

    /// <summary>What nothing is chosen by; empty if the data has no such split.</summary>
    public IReadOnlyList<ImageSample> Test { get; internal init; } = [];

    /// <summary>
    /// Images to predict whose classes are not known: those of a <c>test</c> without class directories, in the order of
    /// their numbers.
    /// </summary>
    public IReadOnlyList<ImageSample> Unlabelled { get; internal init; } = [];

    /// <summary>Lists a data set's files; opens none of them.</summary>
    /// <remarks>
    /// A CSV file has the columns <c>path</c> (relative to the file), <c>labels</c> (several are separated by
    /// <c>|</c>), <c>split</c> (train, validation or test) and perhaps <c>patient</c>.
    /// </remarks>
    /// <param name="root">The directory of the splits, or a CSV file with a line per image.</param>
    /// <param name="task">One class an image, or several labels.</param>
    /// <exception cref="DataException">The directory does not have the layout described.</exception>
    public static ImageFolder Open(string root, ClassificationTask task = ClassificationTask.Binary) =>
        Read(root, task, null);

    /// <summary>
    /// Lists the images to evaluate a trained network on: training images are left out, and validation or test may be
    /// missing.
    /// </summary>
    /// <param name="root">The directory of the splits, or a CSV file with a line per image.</param>
    /// <param name="task">One class an image, or several labels.</param>
    /// <param name="classes">What the network tells apart, in the order of its outputs; not each needs images.</param>
    /// <exception cref="DataException">
    /// The directory does not have the layout described, or has other classes.
    /// </exception>
    public static ImageFolder OpenForEvaluation(string root, ClassificationTask task, IReadOnlyList<string> classes)
    {
        ImageFolder images = Read(root, task, classes);
        return images.Validation.Count + images.Test.Count > 0
            ? images
            : throw new DataException(
                $"'{root}' has no image with a class in the splits validation and test; add some, or use 'cxr predict'.");
    }

    /// <summary>
    /// What the images are for: several labels an image where the class directories are those of the study's Part 2, or
    /// a line of the CSV file has several.
    /// </summary>
    /// <param name="root">The directory of the splits, or a CSV file.</param>
    /// <exception cref="DataException">The CSV file is not one.</exception>
    public static ClassificationTask TaskOf(string root)
    {
        if (IsTable(root))
            return ImageTable.TaskOf(root);
        string? train = Directory.Exists(root) ? FindSplit(root, SubdirectoriesOf(root), SplitNames.Train) : null;
        return train is not null && AreLabels(ClassesOf(train))
            ? ClassificationTask.MultiLabel
            : ClassificationTask.Binary;
    }

    /// <summary>
    /// Lists images whose classes are not known: those in a directory, not below it, in the order of the numbers in
    /// their names.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="DataException">It has no images.</exception>
    public static IReadOnlyList<ImageSample> Flat(string directory)
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
    }

    /// <summary>Fewer images: of each class its share, spread evenly over its files, and at least one.</summary>
    /// <param name="train">About how many training images.</param>
    /// <param name="others">About how many of each other split.</param>
    public ImageFolder Limit(int train, int others) => new(Root, Task)
    {
        ClassNames = ClassNames,
        Train = Limit(Train, train),
        Validation = Limit(Validation, others),
        Test = Limit(Test, others),
        Unlabelled = Limit(Unlabelled, others),
    };

    /// <summary>The images in words and numbers; opens none of them.</summary>
    public DataDescription Describe() =>
        new(ClassNames, Train.Count, Validation.Count, Test.Count + Unlabelled.Count, Digest())
        {
            Unlabelled = Unlabelled.Count,
        };

    /// <summary>
    /// Whether a file's name ends as an image's does, and tools do not hide it, as macOS does <c>._x.jpg</c>.
    /// </summary>
    private static bool IsImage(string file) =>
        !IsHidden(file) && Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Names that begin with a dot are tools' own, such as <c>.ipynb_checkpoints</c>: neither images nor classes.
    /// </summary>
    private static bool IsHidden(string path) => Path.GetFileName(path).StartsWith('.');

    private string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ImageSample sample in (IEnumerable<ImageSample>)[.. Train, .. Validation, .. Test, .. Unlabelled])
        {
            string name = Path.GetRelativePath(Root, sample.Path).Replace('\\', '/');
            FileInfo file = Links.FileOf(sample.Path);
            // A table may name a file that is not there, which is left out later like one that cannot be read.
            long length = file.Exists ? file.Length : -1;
            hash.AppendData(
                Encoding.UTF8.GetBytes(
                    string.Create(CultureInfo.InvariantCulture, $"{name}|{length}|{sample.Label}\n")));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static IReadOnlyList<ImageSample> Limit(IReadOnlyList<ImageSample> samples, int images)
    {
        if (samples.Count <= images)
            return samples;
        return [.. samples.GroupBy(sample => sample.Label).SelectMany(group =>
        {
            ImageSample[] all = [.. group];
            int count = Math.Max(1, (int)Math.Round((double)all.Length * images / samples.Count));
            return Enumerable.Range(0, count).Select(i => all[(int)((long)i * all.Length / count)]);
        })];
    }

    private static ImageFolder Read(string root, ClassificationTask task, IReadOnlyList<string>? classes)
    {
        if (IsTable(root))
            return ImageTable.Open(root, task, classes);
        if (!Directory.Exists(root))
        {
            throw new DataException(File.Exists(root)
                ? $"The data directory '{root}' is a file; give the directory that holds train and validation, or a .csv file."
                : $"The data directory '{root}' does not exist; check the path.");
        }
        try
        {
            return classes is null ? List(root, task) : List(root, task, [.. classes]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DataException(
                $"The data directory '{root}' cannot be listed ({exception.Message}); check its permissions.",
                exception);
        }
    }

    private static ImageFolder List(string root, ClassificationTask task)
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
        return new ImageFolder(root, task)
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
    private static ImageFolder List(string root, ClassificationTask task, string[] classes)
    {
        string[] directories = SubdirectoriesOf(root);
        string? test = FindSplit(root, directories, SplitNames.Test);
        bool isTestLabelled = test is null || SubdirectoriesOf(test).Length > 0;
        return new ImageFolder(root, task)
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

    private static bool IsTable(string root) =>
        File.Exists(root) && Path.GetExtension(root).Equals(".csv", StringComparison.OrdinalIgnoreCase);

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
        new($"The data directory '{root}' has no split '{name}'; it needs {name}/CLASS/*.png.");

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

    private static string Names(string[] names) => names.Length == 0 ? "none" : string.Join(", ", names);

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
