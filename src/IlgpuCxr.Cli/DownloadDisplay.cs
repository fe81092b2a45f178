using System.Globalization;
using IlgpuCxr.Weights;
using Spectre.Console;

namespace IlgpuCxr.Cli;

/// <summary>Shows a download: a live bar on a terminal, a line every tenth elsewhere.</summary>
internal static class DownloadDisplay
{
    /// <summary>Runs a download under observation.</summary>
    public static async Task<T> Run<T>(bool quiet, Func<IProgress<DownloadProgress>?, Task<T>> download)
    {
        if (quiet)
            return await download(null);
        if (!Output.IsTerminal)
            return await download(new Lines());
        return await AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(
                new ProgressBarColumn(), new PercentageColumn(),
                new DownloadedColumn { Culture = CultureInfo.InvariantCulture },
                new TransferSpeedColumn { Culture = CultureInfo.InvariantCulture }, new RemainingTimeColumn())
            .StartAsync(context => download(new Live(context.AddTask("download"))));
    }

    // Called by the download itself, one at a time; Progress<T> would call out of order and after the end.
    private sealed class Lines : IProgress<DownloadProgress>
    {
        private long tenths;

        public void Report(DownloadProgress value)
        {
            if (value.Total is not > 0 || value.Received * 10 / value.Total.Value <= tenths)
                return;
            tenths = value.Received * 10 / value.Total.Value;
            Output.Line($"{tenths * 10} % of {Output.Count(value.Total.Value)} bytes");
        }
    }

    private sealed class Live(ProgressTask task) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            task.IsIndeterminate = value.Total is null;
            task.MaxValue = value.Total ?? double.MaxValue;
            task.Value = value.Received;
        }
    }
}
