using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Data;

/// <summary>The images to train and evaluate on, in splits, and their classes.</summary>
/// <remarks>
/// Listed from directories (<see cref="ImageDirectory"/>), as torchvision's ImageFolder lists them, or from a CSV file
/// with a line for each image (docs/study.md).
/// </remarks>
public sealed class ImageDataset
{
    internal ImageDataset(string root, ClassificationTask task)
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

    /// <summary>Whose each image is, by its path, as far as a CSV file tells.</summary>
    internal ILookup<string, string> Patients { get; init; } = Array.Empty<string>().ToLookup(path => path);

    /// <summary>Lists a data set's files; opens none of them.</summary>
    /// <remarks>
    /// A CSV file has the columns <c>path</c> (relative to the file), <c>labels</c> (several are separated by
    /// <c>|</c>), <c>split</c> (train, validation or test) and perhaps <c>patient</c>.
    /// </remarks>
    /// <param name="root">The directory of the splits, or a CSV file with a line per image.</param>
    /// <param name="task">One class an image, or several labels.</param>
    /// <exception cref="DataException">The directory does not have the layout described.</exception>
    public static ImageDataset Open(string root, ClassificationTask task = ClassificationTask.Binary) =>
        Read(root, task, null);

    /// <summary>Lists a data set's files also where a CSV file has a patient or an image in two splits.</summary>
    /// <inheritdoc cref="Open"/>
    internal static ImageDataset OpenToCheck(string root) => Read(root, TaskOf(root), null, allowLeaks: true);

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
    public static ImageDataset OpenForEvaluation(string root, ClassificationTask task, IReadOnlyList<string> classes)
    {
        ImageDataset images = Read(root, task, classes);
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
    public static ClassificationTask TaskOf(string root) =>
        IsTable(root) ? ImageTable.TaskOf(root) : ImageDirectory.TaskOf(root);

    /// <summary>Fewer images: of each class its share, spread evenly over its files, and at least one.</summary>
    /// <param name="images">About how many of each split.</param>
    public ImageDataset Limit(int images) => new(Root, Task)
    {
        ClassNames = ClassNames,
        Train = Limit(Train, images),
        Validation = Limit(Validation, images),
        Test = Limit(Test, images),
        Unlabelled = Limit(Unlabelled, images),
    };

    /// <summary>The images in words and numbers; opens none of them.</summary>
    public DataDescription Describe() =>
        new(ClassNames, Train.Count, Validation.Count, Test.Count + Unlabelled.Count, Digest())
        {
            Unlabelled = Unlabelled.Count,
        };

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

    private static ImageDataset Read(
        string root, ClassificationTask task, IReadOnlyList<string>? classes, bool allowLeaks = false) => IsTable(root)
        ? ImageTable.Open(root, task, classes, allowLeaks)
        : ImageDirectory.Open(root, task, classes);

    private static bool IsTable(string root) =>
        File.Exists(root) && Path.GetExtension(root).Equals(".csv", StringComparison.OrdinalIgnoreCase);
}
