using Spectre.Console;

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
        if (quiet || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
            return work(null);
        T? result = default;
        AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new RemainingTimeColumn())
            .Start(context => result = work(new Line(context.AddTask(Markup.Escape(description), maxValue: Math.Max(1, total)), description, total)));
        return result!;
    }

    private sealed class Line(ProgressTask task, string description, int total) : IProgress<int>
    {
        public void Report(int value)
        {
            task.Description = Markup.Escape(total > 0 ? $"{description}, {value}/{total}" : $"{description}, {value}");
            task.IsIndeterminate = total == 0;
            task.Value = value;
        }
    }
}
