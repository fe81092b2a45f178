using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace IlgpuCxr.Data;

/// <summary>
/// A data set in a CSV file: a line per image, with the columns <c>path</c>, <c>labels</c>, <c>split</c> and perhaps
/// <c>patient</c>.
/// </summary>
/// <remarks>
/// <code>
/// path,labels,split,patient
/// images/a.png,covid|pneumonia,train,17
/// images/b.png,normal,validation,18
/// images/c.png,,test,19
/// </code>
/// Paths are relative to the file. Several labels are separated by <c>|</c>; an image of the test split without labels
/// is one to predict. A patient whose images are in two splits is refused, because a network recognises patients and
/// its metrics would be too good; so is an image with two splits or two sets of labels.
/// </remarks>
internal static class ImageTable
{
    private static readonly CsvConfiguration Format = new(CultureInfo.InvariantCulture)
    {
        PrepareHeaderForMatch = header => header.Header.Trim().ToLowerInvariant(),
        TrimOptions = TrimOptions.Trim,
    };

    // Letters of another encoding would all become the same sign, and with them different labels the same class.
    private static readonly UTF8Encoding Encoding = new(
        encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly string[] Columns = ["path", "labels", "split"];

    private sealed record Row(int Line, string Path, string[] Labels, string Split, string? Patient);

    /// <summary>Reads a file; opens none of its images.</summary>
    /// <param name="file">The file.</param>
    /// <param name="task">One class an image, or several labels.</param>
    /// <param name="classes">
    /// Those of a trained network that is to be evaluated, for which training images are left out; null otherwise.
    /// </param>
    /// <param name="allowLeaks">
    /// Takes patients in two splits and images of two kinds too, which <see cref="DataCheck"/> lists.
    /// </param>
    /// <exception cref="DataException">The file is not as described; the message names the line.</exception>
    public static ImageDataset Open(
        string file, ClassificationTask task, IReadOnlyList<string>? classes, bool allowLeaks)
    {
        List<Row> rows = ReadAll(file);
        if (!allowLeaks)
        {
            RefusePatientsInTwoSplits(file, rows);
            RefuseImagesOfTwoKinds(file, rows);
        }
        if (classes is not null)
            rows.RemoveAll(row => row.Split == SplitNames.Train);
        string[] names = classes is null ? NamesToLearn(file, rows, task) : [.. classes];
        HashSet<string> known = classes is null ? LabelsToLearn(rows) : [.. classes];
        if (rows.Find(row => !known.IsSupersetOf(row.Labels)) is { } stranger)
        {
            string label = stranger.Labels.First(label => !known.Contains(label));
            throw new DataException(
                $"Line {stranger.Line} of '{file}' has the label '{label}', which " + (classes is null
                ? "no image of the split train has; correct it, or add images to learn it from."
                : $"the checkpoint does not know; use images of its classes, {string.Join(", ", classes)}."));
        }

        var samples = rows.ToLookup(
            row => row.Split == SplitNames.Test && row.Labels.Length == 0 ? "unlabelled" : row.Split, Sample);
        foreach (string split in (ReadOnlySpan<string>)[SplitNames.Train, SplitNames.Validation])
        {
            if (classes is null && !samples.Contains(split))
                throw new DataException(
                    $"'{file}' has no image of the split {split}; write '{split}' in the column split.");
        }
        return new ImageDataset(file, task)
        {
            ClassNames = names,
            Train = [.. samples[SplitNames.Train]],
            Validation = [.. samples[SplitNames.Validation]],
            Test = [.. samples[SplitNames.Test]],
            Unlabelled = [.. samples["unlabelled"]],
            Patients = rows.Where(row => !string.IsNullOrEmpty(row.Patient)).ToLookup(
                row => row.Path, row => row.Patient!),
        };

        ImageSample Sample(Row row)
        {
            int[] indices = [.. row.Labels.Select(label => Array.IndexOf(names, label))];
            bool isUnlabelled = row.Split == SplitNames.Test && indices.Length == 0;
            if (task == ClassificationTask.Binary && indices.Length != 1 && !isUnlabelled)
                throw new DataException(
                    $"Line {row.Line} of '{file}' has {indices.Length} labels; --task binary needs one, --task multilabel takes any number.");
            return new ImageSample(
                row.Path, isUnlabelled ? 0 : task == ClassificationTask.Binary ? indices[0] : LabelSet.Of(indices));
        }
    }

    /// <summary>Several labels, where any line has several.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="DataException">The file is not as described; the message names the line.</exception>
    public static ClassificationTask TaskOf(string file) =>
        ReadAll(file).Exists(row => row.Labels.Length > 1) ? ClassificationTask.MultiLabel : ClassificationTask.Binary;

    private static List<Row> ReadAll(string file)
    {
        try
        {
            return [.. Read(file)];
        }
        catch (Exception exception)
            when (exception is DecoderFallbackException || exception.InnerException is DecoderFallbackException)
        {
            throw new DataException($"'{file}' is not in UTF-8; save it again in that encoding.", exception);
        }
        catch (CsvHelperException exception)
        {
            throw new DataException(
                $"Line {exception.Context?.Parser?.RawRow ?? 1} of '{file}' is no line of a CSV file; check its quotes and commas.",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"'{file}' cannot be read; check its permissions.", exception);
        }
    }

    private static IEnumerable<Row> Read(string file)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
        using var csv = new CsvReader(new StreamReader(file, Encoding), Format);
        bool hasHeader = csv.Read() && csv.ReadHeader();
        string[] missing = [.. Columns.Where(column => !hasHeader || csv.GetFieldIndex(column, isTryGet: true) < 0)];
        if (missing.Length > 0)
            throw new DataException(
                $"Line 1 of '{file}' names no column {string.Join(", ", missing)}; let it name {string.Join(", ", Columns)} and perhaps patient, separated by commas.");
        while (csv.Read())
        {
            int line = csv.Parser.RawRow;
            if (Columns.Any(column => csv.GetFieldIndex(column, isTryGet: true) >= csv.Parser.Count))
                throw new DataException(
                    $"Line {line} of '{file}' has {csv.Parser.Count} of the {csv.HeaderRecord!.Length} columns that line 1 names; give it all of them, {string.Join(", ", Columns)} included.");
            string path = csv.GetField("path")!, split = csv.GetField("split")!.ToLowerInvariant();
            csv.TryGetField("patient", out string? patient);
            split = split == "val" ? SplitNames.Validation : split;
            if (split is not (SplitNames.Train or SplitNames.Validation or SplitNames.Test))
                throw new DataException(
                    $"Line {line} of '{file}' is of the split '{split}'; write train, validation or test.");
            if (path.Length == 0)
                throw new DataException($"Line {line} of '{file}' has no path; name an image.");
            if (path.Contains('\0'))
                throw new DataException($"Line {line} of '{file}' has the character NUL in its path; name an image.");
            string[] labels = csv.GetField("labels")!.Split(
                '|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            // Windows takes either separator, the other systems one: a file written there is read here too.
            yield return new Row(line, Path.GetFullPath(path.Replace('\\', '/'), directory), labels, split, patient);
        }
    }

    /// <summary>All labels, in the order of a network's outputs.</summary>
    private static string[] NamesToLearn(string file, List<Row> rows, ClassificationTask task)
    {
        string[] names = [.. rows.SelectMany(row => row.Labels).Distinct().Order(StringComparer.Ordinal)];
        if (names.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } same)
            throw new DataException(
                $"'{file}' has labels that differ in capitals only, {string.Join(" and ", same.Select(name => $"'{name}'"))}; write them alike.");
        if (names.Length < 2)
            throw new DataException(
                $"'{file}' has {names.Length} different labels; name at least 2, which a network can tell apart.");
        if (task == ClassificationTask.MultiLabel && names.Length > LabelSet.MaximumLabels)
            throw new DataException(
                $"'{file}' has {names.Length} different labels; --task multilabel takes at most {LabelSet.MaximumLabels}, --task binary any number.");
        // The study's labels keep the study's order, that of its results.csv.
        return task == ClassificationTask.MultiLabel && names.ToHashSet().SetEquals(StudyLabels.Names)
            ? StudyLabels.Names
            : names;
    }

    private static HashSet<string> LabelsToLearn(List<Row> rows) =>
        [.. rows.Where(row => row.Split == SplitNames.Train).SelectMany(row => row.Labels)];

    private static void RefusePatientsInTwoSplits(string file, List<Row> rows)
    {
        foreach (var patient in rows.Where(row => !string.IsNullOrEmpty(row.Patient)).GroupBy(row => row.Patient))
        {
            Row first = patient.First();
            if (patient.FirstOrDefault(row => row.Split != first.Split) is { } other)
            {
                throw new DataException(
                    $"The patient '{patient.Key}' is in the splits {first.Split} and {other.Split} of '{file}' (lines {first.Line} and {other.Line}); keep all images of a patient in one.");
            }
        }
    }

    // A line that only repeats another is none of them: it may be there to give the image more weight.
    private static void RefuseImagesOfTwoKinds(string file, List<Row> rows)
    {
        foreach (var image in rows.GroupBy(row => row.Path).Where(image => image.Count() > 1))
        {
            Row first = image.First();
            HashSet<string> labels = [.. first.Labels];
            if (image.FirstOrDefault(row => row.Split != first.Split || !labels.SetEquals(row.Labels)) is { } other)
            {
                throw new DataException(
                    $"The image '{image.Key}' has two splits or labels in '{file}' (lines {first.Line} and {other.Line}); "
                    + "keep one of them.");
            }
        }
    }
}
