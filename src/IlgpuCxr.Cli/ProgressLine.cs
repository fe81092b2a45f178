namespace IlgpuCxr.Cli;

/// <summary>A live line for work that counts, on a terminal; nothing elsewhere.</summary>
internal static class ProgressLine
{
    /// <summary>Does the work under observation.</summary>
    /// <param name="quiet">Whether to show nothing.</param>
    /// <param name="description">What is being done.</param>
    /// <param name="work">The work.</param>
    /// <param name="total">What is counted up to; 0 where that is not known.</param>
    /// <typeparam name="T">What comes of it.</typeparam>
    public static T Run<T>(bool quiet, string description, Func<IProgress<int>?, T> work, int total = 0)
    {
        using LiveLine? line = quiet ? null : LiveLine.Open();
        return work(line is null ? null : new Counter(line, description, total));
    }

    private sealed class Counter(LiveLine line, string description, int total) : IProgress<int>
    {
        public void Report(int value) =>
            line.Show(total > 0 ? $"{description}, {value}/{total}" : $"{description}, {value}");
    }
}
