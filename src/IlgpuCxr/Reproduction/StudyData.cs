using IlgpuCxr.Data;
using IlgpuCxr.Phantoms;

namespace IlgpuCxr.Reproduction;

/// <summary>A part's images, whatever directory names they come in.</summary>
/// <param name="Images">The images.</param>
/// <param name="Kind">
/// What they are: <see cref="DataDescription.Phantoms"/> or <see cref="DataDescription.Given"/>.
/// </param>
public sealed record StudyData(ImageDataset Images, string Kind)
{
    /// <summary>
    /// Finds a part's images in a directory: there, or below it under the study's name for them or as <c>part1</c> and
    /// <c>part2</c>.
    /// </summary>
    /// <param name="part">Which part.</param>
    /// <param name="directory">The directory.</param>
    /// <exception cref="DataException">The images are not there.</exception>
    public static StudyData Open(StudyPart part, string directory)
    {
        string studyName = part == StudyPart.Part1 ? "Assignment 5 Dataset" : "A_05_Part_02_Dataset";
        if (File.Exists(directory))
            throw new DataException(
                $"'{directory}' is a file; reproduce takes directories: give that of the images as {Option(part)}, or a CSV file to 'cxr train --data'.");
        if (!Directory.Exists(directory))
            throw new DataException(
                $"The data directory '{directory}' does not exist; check the path given as {Option(part)}.");
        string[] below = ImageDirectory.Listing<string[]>(
            directory, () => [.. Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal)]);
        string? Named(string name) => below.FirstOrDefault(
            path => Path.GetFileName(path).Equals(name, StringComparison.OrdinalIgnoreCase));
        string root = Named(SplitNames.Train) is not null
            ? directory
            : Named(studyName) ?? Named(part.DirectoryName()) ?? directory;
        if (part == StudyPart.Part1 && ImageDataset.TaskOf(root) == ClassificationTask.MultiLabel)
            throw new DataException(
                $"The data directory '{root}' has the class directories of {StudyPart.Part2.Title()}; give it as {Option(StudyPart.Part2)}.");
        if (part == StudyPart.Part2 && HasClassesOfPart1(root))
            throw new DataException(
                $"The data directory '{root}' has the class directories of {StudyPart.Part1.Title()}; give it as {Option(StudyPart.Part1)}.");
        ImageDataset images = ImageDataset.Open(root, part.Task());
        // The tables call the classes so, whatever their directories are called: NORMAL and PNEUMONIA would change
        // places.
        if (part == StudyPart.Part1 && !AreOfPart1(images.ClassNames))
        {
            throw new DataException(
                $"The data directory '{root}' has the classes {string.Join(", ", images.ClassNames)}; Part 1 needs the two classes infected and normal, so give their directories these names.");
        }
        return new StudyData(images, DataDescription.Given);
    }

    /// <summary>The option that names a part's images: <c>--part1</c>.</summary>
    /// <param name="part">Which part.</param>
    public static string Option(StudyPart part) => $"--{part.DirectoryName()}";

    /// <summary>Draws a part's phantoms, as far as they are not there yet.</summary>
    /// <param name="part">Which part.</param>
    /// <param name="directory">Where.</param>
    /// <param name="seed">Another seed, other patients.</param>
    /// <param name="threads">How many are drawn at a time.</param>
    /// <param name="progress">Told how many are there.</param>
    /// <param name="cancellation">Stops between two images.</param>
    public static StudyData Draw(
        StudyPart part, string directory, long seed, int threads, IProgress<int> progress,
        CancellationToken cancellation)
    {
        PhantomDataset.Write(directory, PhantomStudy.Images(part, seed), threads, progress, cancellation);
        return new StudyData(ImageDataset.Open(directory, part.Task()), DataDescription.Phantoms);
    }

    private static bool HasClassesOfPart1(string root)
    {
        try
        {
            return ImageDataset.TaskOf(root) == ClassificationTask.Binary
                && AreOfPart1(ImageDataset.Open(root).ClassNames);
        }
        catch (DataException)
        {
            // What else is wrong with it is told when it is opened as what it was given as.
            return false;
        }
    }

    private static bool AreOfPart1(IReadOnlyList<string> classes) =>
        classes is [string first, string second] && first.Equals("infected", StringComparison.OrdinalIgnoreCase)
        && second.Equals("normal", StringComparison.OrdinalIgnoreCase);

    /// <summary>The images in words and numbers.</summary>
    public DataDescription Describe() => Images.Describe() with { Kind = Kind };
}
