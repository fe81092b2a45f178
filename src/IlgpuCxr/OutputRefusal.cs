namespace IlgpuCxr;

/// <summary>Says in one sentence which output the system refuses to write, why, and what to do.</summary>
internal static class OutputRefusal
{
    /// <summary>Runs what writes an output.</summary>
    /// <param name="path">The file or directory that it writes.</param>
    /// <param name="write">What writes it.</param>
    /// <exception cref="IOException">It is refused; the message is the sentence.</exception>
    public static void Explain(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"'{path}' cannot be written ({Reason(path, exception)}); check the place, its permissions and the free space, or name another.",
                exception);
        }
    }

    private static string Reason(string path, Exception exception) => exception switch
    {
        _ when Directory.Exists(path) => "it is a directory",
        UnauthorizedAccessException => "permission is denied",
        FileNotFoundException or DirectoryNotFoundException => "nothing can be made there",
        PathTooLongException => "its name is too long",
        // The system's words, behind which the runtime adds the temporary file's name.
        _ => exception.Message.Split(" : '")[0].TrimEnd('.'),
    };
}
