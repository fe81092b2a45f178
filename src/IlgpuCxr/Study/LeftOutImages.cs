using IlgpuCxr.Data;

namespace IlgpuCxr.Study;

/// <summary>Images that could not be read, and so were neither trained on nor judged.</summary>
/// <param name="Count">How many.</param>
/// <param name="First">The first of them, seen from the data directory.</param>
public sealed record LeftOutImages(int Count, IReadOnlyList<string> First)
{
    private const int MostNamed = 5;

    /// <summary>Counts and names them; null where there are none.</summary>
    /// <param name="data">The images that they are of.</param>
    /// <param name="unreadable">They, by path.</param>
    public static LeftOutImages? Of(ImageDataset data, IReadOnlyList<UnreadableImage> unreadable)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(unreadable);
        if (unreadable.Count == 0)
            return null;
        string root = File.Exists(data.Root) ? Path.GetDirectoryName(Path.GetFullPath(data.Root))! : data.Root;
        return new LeftOutImages(
            unreadable.Count,
            [
                .. unreadable.Take(MostNamed)
                    .Select(image => Path.GetRelativePath(root, image.Path).Replace('\\', '/')),
            ]);
    }
}
