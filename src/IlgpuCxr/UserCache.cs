namespace IlgpuCxr;

/// <summary>Where this program keeps, for the user, what it can make or fetch again.</summary>
public static class UserCache
{
    /// <summary>The environment variable that names another place.</summary>
    public const string Variable = "ILGPUCXR_HOME";

    /// <summary>
    /// A directory below <c>ILGPUCXR_HOME</c>, or below <c>ilgpucxr</c> in the platform's directory for caches; not
    /// created.
    /// </summary>
    /// <param name="name">The directory's name.</param>
    public static string Locate(string name) =>
        Path.Combine(
            Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } home
                ? home
                : Path.Combine(PlatformDirectory, "ilgpucxr"),
            name);

    private static string PlatformDirectory
    {
        get
        {
            if (OperatingSystem.IsWindows())
                return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (OperatingSystem.IsMacOS())
                return Path.Combine(home, "Library", "Caches");
            // The XDG Base Directory Specification has relative paths ignored.
            return Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { } cache && Path.IsPathFullyQualified(cache)
                ? cache
                : Path.Combine(home, ".cache");
        }
    }
}
