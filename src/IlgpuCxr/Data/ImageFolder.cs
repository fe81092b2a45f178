namespace IlgpuCxr.Data;

/// <summary>A data set in directories: <c>root/split/class/*.png</c>, as torchvision's ImageFolder reads it.</summary>
/// <remarks>
/// Classes are the directories of a split, sorted, and a class's label is its place among them; a class's files are all image files in and
/// below its directory, sorted. Sorting is by code point, so that labels and order are the same on every machine. The splits
/// <c>train</c>, <c>validation</c> (or <c>val</c>) and <c>test</c> are found in any case. See
/// <see href="https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html">ImageFolder</see>.
/// </remarks>
public sealed class ImageFolder
{
    // torchvision's IMG_EXTENSIONS but for the portable bitmaps .ppm and .pgm, which the decoder does not read.
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"];

    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = 0 };

    private ImageFolder(string root, IReadOnlyList<string> classNames, IReadOnlyList<ImageSample> train, IReadOnlyList<ImageSample> validation, IReadOnlyList<ImageSample> test)
    {
        Root = root;
        ClassNames = classNames;
        Train = train;
        Validation = validation;
        Test = test;
    }

    /// <summary>The directory of the splits.</summary>
    public string Root { get; }

    /// <summary>The name of each class; its index is the label.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>What the network learns from.</summary>
    public IReadOnlyList<ImageSample> Train { get; }

    /// <summary>What the best epoch is chosen by.</summary>
    public IReadOnlyList<ImageSample> Validation { get; }

    /// <summary>What nothing is chosen by; empty if the data has no such split.</summary>
    public IReadOnlyList<ImageSample> Test { get; }

    /// <summary>Lists a data set's files; opens none of them.</summary>
    /// <param name="root">The directory of the splits.</param>
    /// <exception cref="DataException">The directory does not have the layout described.</exception>
    public static ImageFolder Open(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new DataException(File.Exists(root)
                ? $"The data directory '{root}' is a file; give the directory that holds train and validation as --data."
                : $"The data directory '{root}' does not exist; check the path given as --data.");
        }
        try
        {
            return List(root);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The data directory '{root}' cannot be listed ({exception.Message}); check its permissions.", exception);
        }
    }

    private static ImageFolder List(string root)
    {
        string[] directories = SubdirectoriesOf(root);
        if (directories.Length == 0)
            throw new DataException($"The data directory '{root}' is empty of directories; it needs train/CLASS/*.png and validation/CLASS/*.png.");
        string train = FindSplit(root, directories, "train") ?? throw MissingSplit(root, "train");
        string validation = FindSplit(root, directories, "validation", "val") ?? throw MissingSplit(root, "validation");
        string? test = FindSplit(root, directories, "test");

        string[] classNames = ClassesOf(train);
        if (classNames.Length == 0)
            throw new DataException($"The split '{train}' is empty; it needs one directory of images for each class.");
        if (classNames.Length == 1)
            throw new DataException($"The split '{train}' has only the class '{classNames[0]}'; training needs at least two class directories.");
        return new ImageFolder(
            root, classNames, SamplesOf(train, classNames, train), SamplesOf(validation, classNames, train),
            test is null ? [] : SamplesOf(test, classNames, train));
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
                    throw new DataException($"The data directory '{root}' has the split {names[0]} twice, '{found}' and '{directory}'; rename one of them.");
                found = directory;
            }
        }
        return found;
    }

    private static DataException MissingSplit(string root, string name) =>
        new($"The data directory '{root}' has no split '{name}'; it needs {name}/CLASS/*.png.");

    private static string[] ClassesOf(string split) => [.. SubdirectoriesOf(split).Select(directory => Path.GetFileName(directory))];

    private static List<ImageSample> SamplesOf(string split, string[] classNames, string train)
    {
        string[] present = ClassesOf(split);
        if (!present.SequenceEqual(classNames))
        {
            throw new DataException(
                $"The split '{split}' has the classes {Names(present)} but '{train}' has {Names(classNames)}; give all splits the same class directories.");
        }
        var samples = new List<ImageSample>();
        for (int label = 0; label < classNames.Length; label++)
        {
            string directory = Path.Combine(split, classNames[label]);
            int before = samples.Count;
            foreach (string file in ImagesBelow(directory))
                samples.Add(new ImageSample(file, label));
            if (samples.Count == before)
                throw new DataException($"The class directory '{directory}' has no images; add some ({string.Join(", ", Extensions)}) or remove the class from all splits.");
        }
        return samples;
    }

    /// <summary>Directories whose names begin with a dot are tools' own, such as <c>.ipynb_checkpoints</c>, and no classes.</summary>
    private static string[] SubdirectoriesOf(string directory) =>
        [.. Directory.EnumerateDirectories(directory).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)];

    /// <summary>Directory by directory, as Python's sorted(os.walk(…)) goes through them; separators are compared as there on Linux.</summary>
    private static IEnumerable<string> ImagesBelow(string directory) =>
        Directory.EnumerateFiles(directory, "*", Everything)
            .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            .OrderBy(file => Path.GetDirectoryName(file)!.Replace('\\', '/'), StringComparer.Ordinal)
            .ThenBy(file => Path.GetFileName(file), StringComparer.Ordinal);

    private static string Names(string[] names) => names.Length == 0 ? "none" : string.Join(", ", names);
}
