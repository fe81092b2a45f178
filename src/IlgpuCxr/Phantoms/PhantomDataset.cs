using IlgpuCxr.Data;
using IlgpuCxr.Training;

namespace IlgpuCxr.Phantoms;

/// <summary>Writes phantoms as a data set in the folder layout of either part of the study.</summary>
/// <remarks>
/// <code>
/// Part 1   train | validation | test / infected | normal / pneumonia-00000.png, covid-00000.png, normal-00000.png ...
/// Part 2   Train      / covid-19 | normal | pneumonia / ...
///          Validation / covid    | normal | pneumonia / ...
///          Test       / 0.png, 1.png ...   unlabelled, classes mixed;  Test.csv beside it: name,covid,pneumonia,normal
/// both     phantoms.json, which says what the directory holds
/// </code>
/// In Part 1 infected means pneumonia or COVID-19, as many of each as <see cref="PhantomCounts"/> says.
/// In Test.csv a COVID-19 image is 1,1,0 as in the study: COVID-19 is a pneumonia.
/// </remarks>
public static class PhantomDataset
{
    private const string AnswerFile = "Test.csv";

    // Windows' own, beside those that begin with a dot.
    private static readonly string[] SystemNames = ["Thumbs.db", "desktop.ini"];

    /// <summary>
    /// Makes the directory hold exactly this data set: what is there already stays, what is missing is drawn. It can be
    /// interrupted at any moment and called again. The result does not depend on the number of threads.
    /// </summary>
    /// <param name="directory">Where; it is created if need be.</param>
    /// <param name="options">What.</param>
    /// <param name="threads">How many images are drawn at a time, at least one.</param>
    /// <param name="progress">Told how many images are there, never a smaller number than before.</param>
    /// <param name="cancellation">Stops between two images.</param>
    /// <returns>How many images had to be drawn: 0 if the directory held them all.</returns>
    /// <exception cref="IOException">The directory holds something else, or cannot be written.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A count, the size, the difficulty or the number of threads is out of range.
    /// </exception>
    public static int Write(
        string directory,
        PhantomDatasetOptions options,
        int threads,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Check(options);
        directory = Path.GetFullPath(directory);
        PhantomFile[] files = PhantomLayout.Files(options);
        Claim(directory, options, files);
        foreach (string folder in files.Select(f => f.Folder).Distinct())
            Create(Path.Combine(directory, folder));

        PhantomFile[] missing = [.. files.Where(file => !IsThere(PathOf(directory, file)))];
        var counter = new ProgressCounter(progress, files.Length - missing.Length);
        ParallelLoop.Run(missing.Length, threads, i =>
        {
            PhantomFile file = missing[i];
            byte[] pixels = Phantom.Draw(
                options.Seed, file.Split, file.Label, file.Index, options.Size, options.Difficulty);
            AtomicFile.Write(
                PathOf(directory, file), PngFile.Encode(pixels, new ImageSize(options.Size, options.Size, 1)));
            counter.Add();
        }, cancellation);
        return missing.Length;
    }

    private static void Check(PhantomDatasetOptions options)
    {
        Phantom.CheckSize(options.Size);
        _ = PhantomDifficulty.Of(options.Difficulty);
        foreach (PhantomSplit split in Enum.GetValues<PhantomSplit>())
        {
            foreach (PhantomClass label in Enum.GetValues<PhantomClass>())
            {
                int count = options.Counts.Of(split)[label];
                if (count < 0)
                {
                    throw new ArgumentOutOfRangeException(
                        nameof(options), count, $"The number of {label} phantoms in {split} must not be negative.");
                }
            }
        }
    }

    // Nothing is ever deleted: what this data set does not contain belongs to somebody else.
    private static void Claim(string directory, PhantomDatasetOptions options, PhantomFile[] files)
    {
        Create(directory);
        byte[] manifest = PhantomManifest.Bytes(options);
        string manifestPath = Path.Combine(directory, PhantomManifest.FileName);
        if (!File.Exists(manifestPath))
        {
            RefuseStrangers(directory, []);
            AtomicFile.Write(manifestPath, manifest);
        }
        else if (!File.ReadAllBytes(manifestPath).AsSpan().SequenceEqual(manifest))
        {
            throw new IOException(
                $"'{manifestPath}' describes other phantoms than the ones asked for: name another directory or delete that one.");
        }

        var expected = new HashSet<string>(files.Select(file => PathOf(directory, file))) { manifestPath };
        if (options.Part == StudyPart.Part2)
        {
            string answers = Path.Combine(directory, AnswerFile);
            expected.Add(answers);
            AtomicFile.Write(answers, Answers(files));
        }
        RefuseStrangers(directory, expected);
    }

    private static void RefuseStrangers(string directory, HashSet<string> expected)
    {
        foreach (string path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            if (!expected.Contains(path) && !path.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal)
                && !IsOfTheSystem(path))
            {
                throw new IOException(
                    $"'{path}' does not belong to the phantoms to be written there: move it away or name another directory.");
            }
        }
    }

    // Such as .DS_Store, which a desktop leaves where somebody has looked. Training reads none of them.
    private static bool IsOfTheSystem(string path)
    {
        string name = Path.GetFileName(path);
        return name.StartsWith('.') || SystemNames.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    private static void Create(string directory) =>
        OutputRefusal.Explain(directory, () => Directory.CreateDirectory(directory));

    private static byte[] Answers(PhantomFile[] files) => PredictionFile.Encode(
        ClassificationTask.MultiLabel,
        from file in files
        where file.Folder == PhantomLayout.UnlabelledFolder
        select (file.Name, StudyLabels.Names.Length, StudyLabels.Of(file.Label.ToString())!.Value));

    // Renaming is atomic, so a file with a name is whole; an empty one is what a power cut may leave of it.
    private static bool IsThere(string path) => new FileInfo(path) is { Exists: true, Length: > 0 };

    private static string PathOf(string directory, PhantomFile file) =>
        Path.Combine(directory, file.Folder, file.Name);
}
