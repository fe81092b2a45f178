namespace IlgpuCxr.WeightsImport;

/// <summary>Follows symbolic links.</summary>
public static class Links
{
    // As many as Linux follows; more lead round in a circle.
    private const int MostLinks = 40;

    /// <summary>The file that a path leads to: the length and times of a link are its own, not its target's.</summary>
    /// <param name="path">The path of a file or of a link to one.</param>
    public static FileInfo FileOf(string path) => new(Resolve(path));

    /// <summary>
    /// The full path without links, those among its directories included: the same for all names of a file, but for
    /// hard links.
    /// </summary>
    /// <param name="path">A path; what it names need not exist.</param>
    public static string Resolve(string path)
    {
        string full = Path.GetFullPath(path);
        for (int links = 0; links < MostLinks && FirstLink(full) is { } link; links++)
        {
            string target = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(link.FullName)!, link.LinkTarget!));
            full = target + full[link.FullName.Length..];
        }
        return full;
    }

    /// <summary>The link among a path's directories and its file that is nearest to the root.</summary>
    private static FileInfo? FirstLink(string full)
    {
        FileInfo? first = null;
        for (string? at = full; Path.GetDirectoryName(at) is { } parent; at = parent)
        {
            // FileInfo also tells of a directory whether it is a link.
            if (new FileInfo(at) is { LinkTarget: not null } link)
                first = link;
        }
        return first;
    }
}
