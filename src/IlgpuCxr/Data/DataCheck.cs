using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace IlgpuCxr.Data;

/// <summary>What is in a data set, and what is wrong with it.</summary>
/// <param name="Data">The images.</param>
/// <param name="Counts">How many images of each class each split has.</param>
/// <param name="Unreadable">Files that no image can be made of.</param>
/// <param name="Dark">
/// Files whose image has no level above <see cref="DarkLevel"/>: mostly 16 bits a pixel of which 12 are used.
/// </param>
/// <param name="Duplicates">
/// Files with the same bytes, in different splits or of different classes: what is judged has been learnt, or is learnt
/// twice over.
/// </param>
/// <param name="Repeats">
/// Files with the same bytes in one split and of one class, which count for more than one image.
/// </param>
/// <param name="Patients">
/// Patients with images in more than one split, as far as a CSV file tells whose they are, or they are named by the NIH's
/// rule.
/// </param>
public sealed partial record DataCheck(
    ImageDataset Data, IReadOnlyList<SplitCount> Counts, IReadOnlyList<UnreadableImage> Unreadable,
    IReadOnlyList<string> Dark, IReadOnlyList<SharedFile> Duplicates, IReadOnlyList<SharedFile> Repeats,
    IReadOnlyList<SharedPatient> Patients)
{
    /// <summary>The largest of 255 levels in an image of 16 bits whose values are all below 4096.</summary>
    public const byte DarkLevel = 4095 >> 8;

    /// <summary>Reads every file of a data set.</summary>
    /// <param name="root">The directory of the splits, or a CSV file.</param>
    /// <param name="decoder">Reads images.</param>
    /// <param name="threads">Files read at a time.</param>
    /// <param name="progress">Told how many files are read, never a smaller number than before.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <exception cref="DataException">The directory has no data set's layout.</exception>
    public static DataCheck Run(
        string root, IImageDecoder decoder, int threads, IProgress<int>? progress, CancellationToken cancellation)
    {
        ImageDataset data = ImageDataset.OpenToCheck(root);
        (string Split, ImageSample Sample)[] files =
        [
            .. data.Train.Select(sample => (SplitNames.Train, sample)),
            .. data.Validation.Select(sample => (SplitNames.Validation, sample)),
            .. data.Test.Concat(data.Unlabelled).Select(sample => (SplitNames.Test, sample)),
        ];
        var hashes = new string?[files.Length];
        var failures = new UnreadableImage?[files.Length];
        var isDark = new bool[files.Length];
        var counter = new ProgressCounter(progress, 0);
        ParallelLoop.Run(files.Length, threads, i =>
        {
            string path = files[i].Sample.Path;
            try
            {
                isDark[i] = !decoder.Decode(path).Pixels.AsSpan().ContainsAnyExceptInRange((byte)0, DarkLevel);
                hashes[i] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
            }
            catch (DataException exception)
            {
                failures[i] = new UnreadableImage(path, exception.Message);
            }
            counter.Add();
        }, cancellation);
        var same = files
            .Zip(hashes)
            .Where(file => file.Second is not null)
            .GroupBy(file => file.Second, file => file.First)
            .Where(group => group.Count() > 1)
            .ToLookup(
                group => group.Select(file => (file.Split, file.Sample.Label)).Distinct().Count() > 1,
                group => new SharedFile([.. group.Select(file => file.Sample.Path)]));
        return new DataCheck(
            data, CountsOf(data),
            [.. failures.OfType<UnreadableImage>()],
            [.. files.Zip(isDark).Where(file => file.Second).Select(file => file.First.Sample.Path)],
            [.. same[true]], [.. same[false]],
            [
                .. files
                    .SelectMany(file => PatientsOf(data, file.Sample.Path), (file, patient) => (file.Split, patient))
                    .GroupBy(file => file.patient, file => file.Split)
                    .Where(group => group.Distinct().Count() > 1)
                    .Select(group => new SharedPatient(group.Key, [.. group.Distinct()], group.Count()))
                    .OrderBy(patient => patient.Patient, StringComparer.Ordinal),
            ]);
    }

    private static SplitCount[] CountsOf(ImageDataset data)
    {
        SplitCount Count(string split, IReadOnlyList<ImageSample> samples) => new(split, samples.Count,
            [
                .. data.ClassNames.Select(
                    (_, c) => samples.Count(sample => LabelSet.Has(data.Task, sample.Label, c)))]);
        var counts = new List<SplitCount>
        {
            Count(SplitNames.Train, data.Train),
            Count(SplitNames.Validation, data.Validation),
        };
        if (data.Test.Count > 0)
            counts.Add(Count(SplitNames.Test, data.Test));
        if (data.Unlabelled.Count > 0)
            counts.Add(new SplitCount("test, unlabelled", data.Unlabelled.Count, []));
        return [.. counts];
    }

    // Several where a table has an image twice.
    private static IEnumerable<string> PatientsOf(ImageDataset data, string path) =>
        data.Patients.Contains(path) ? data.Patients[path].Distinct()
        : NihName().Match(Path.GetFileName(path)) is { Success: true } match ? [match.Groups[1].Value]
        : [];

    // ChestX-ray8 names files PATIENT_FOLLOWUP.png, as 00000061_012.png.
    [GeneratedRegex("^([0-9]{8})_[0-9]{3}")]
    private static partial Regex NihName();
}

/// <summary>How many images a split has.</summary>
/// <param name="Split">Its name.</param>
/// <param name="Images">How many images.</param>
/// <param name="Classes">
/// How many are of each class; an image with several labels counts for each. Empty where classes are not known.
/// </param>
public sealed record SplitCount(string Split, int Images, IReadOnlyList<int> Classes);

/// <summary>Files with the same bytes.</summary>
/// <param name="Paths">The files.</param>
public sealed record SharedFile(IReadOnlyList<string> Paths);

/// <summary>A patient with images in several splits.</summary>
/// <param name="Patient">The patient's number, or what the CSV file calls them.</param>
/// <param name="Splits">The splits.</param>
/// <param name="Images">The patient's images in all of them.</param>
public sealed record SharedPatient(string Patient, IReadOnlyList<string> Splits, int Images);
