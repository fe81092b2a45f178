namespace IlgpuCxr.WeightsImport;

/// <summary>This library's one error: a file that cannot be read or written as weights.</summary>
/// <remarks>The message is a single sentence that names the file, what is wrong with it and what to do.</remarks>
public sealed class WeightFormatException : Exception
{
    private const int LongestQuote = 80;

    /// <summary>
    /// Makes the sentence "<paramref name="source"/>: <paramref name="problem"/>; <paramref name="remedy"/>."
    /// </summary>
    public WeightFormatException(string source, string problem, string remedy, Exception? cause = null)
        : base($"{source}: {problem}; {remedy}.", cause) => Problem = problem;

    /// <summary>What is wrong, for who knows a better remedy.</summary>
    public string Problem { get; }

    /// <summary>Text from a file, made fit for a message: short, on one line, without control characters.</summary>
    internal static string Clean(string text)
    {
        string start = text.Length <= LongestQuote ? text : text[..LongestQuote] + "…";
        return string.Concat(start.Select(Printable));
    }

    /// <summary>The same, in quotation marks.</summary>
    internal static string Quote(string text) => $"'{Clean(text)}'";

    private static char Printable(char c) => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c;
}
