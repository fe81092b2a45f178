using System.Globalization;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Reports;
using IlgpuCxr.Reproduction;
using IlgpuCxr.Study;
using IlgpuCxr.Training;

namespace IlgpuCxr.Cli;

/// <summary>
/// Shows a reproduction: a live line with the time left on a terminal, plain lines elsewhere, and the tables at the
/// end.
/// </summary>
internal static class ReproductionDisplay
{
    /// <summary>Says what is about to be done.</summary>
    public static void PrintHeader(ComputeDevice device, StudyOptions options, StudyWeights weights)
    {
        Output.Line(DeviceText.Of(device));
        Output.Line(
            $"{ReportText.Count(options.Rows.Count, "row")} of the study: {string.Join(", ", options.Rows.Select(row => row.Id))}; results in {options.Out}");
        foreach (StudyPart part in options.Rows.Select(row => row.Part).Distinct().Where(part => options.Directory(part) is null))
        {
            Output.Line(
                $"No images are given for {part.Title()} ({StudyData.Option(part)}): phantoms are drawn, small ones, with learning rates and epochs that suit them.");
        }
        if (weights.Notice is { } notice)
            Output.Line(notice);
        Output.Line("");
    }

    /// <summary>Runs a reproduction under observation.</summary>
    public static StudyReport Run(bool quiet, bool isVerbose, Func<IReproductionObserver, StudyReport> reproduce)
    {
        if (quiet)
            return reproduce(new Lines(TextWriter.Null, isVerbose));
        using LiveLine? line = LiveLine.Open();
        return reproduce(line is null ? new Lines(Console.Out, isVerbose) : new Live(line, isVerbose));
    }

    /// <summary>Prints the study's tables, and where the report is.</summary>
    public static void PrintTables(StudyReport report)
    {
        foreach (StudyTable table in report.Tables)
        {
            Output.Line("");
            PrintTable(table);
        }
        Output.Line($"Best epochs, paper / ours: {string.Join(", ", report.Rows.Select(row => BestEpochs(row.Row, row.Result)))}.");
        if (ReportText.Misprint(report.Rows.Select(row => row.Row)) is { } misprint)
            Output.Line(misprint);
        Output.Line("");
        Output.Line(
            $"The report with all curves and matrices: {report.HtmlPath} (and {Path.GetFileName(report.MarkdownPath)}).");
    }

    /// <summary>What is said of failed rows when everything else is done.</summary>
    public static string Failed(IReadOnlyList<FailedRow> rows) =>
        $"{ReportText.Count(rows.Count, "row")} failed: {string.Join(", ", rows.Select(row => row.Row.Id))}; what was said of each above tells why, and the report has the rows that are complete.";

    /// <summary>What <c>--json</c> prints.</summary>
    public static object AsJson(StudyReport report, IReadOnlyList<FailedRow> failed) => new
    {
        Report = report.HtmlPath,
        Rows = report.Rows.Select(row => new
        {
            Row = row.Row.Id,
            Network = row.Row.Network,
            row.Row.Layers,
            Paper = new { row.Row.Published.BestEpoch, row.Row.Published.Accuracy, row.Row.Published.F1 },
            Ours = row.Result,
        }),
        Failed = failed.Select(row => new { Row = row.Row.Id, row.Reason }),
    };

    private static string BestEpochs(StudyRow row, RowResult result) => string.Create(
        CultureInfo.InvariantCulture, $"row {row.Id} {row.Published.BestEpoch} / {result.BestEpoch}");

    private static void PrintTable(StudyTable table) => Output.Table(
        table.Title + ": paper, ours, difference", ["row", "", .. table.Splits],
        table.Rows.Select(row => (string[])
        [
            row.Row.Id, row.Row.Title,
            .. row.Cells.Select(cell => string.Create(
                CultureInfo.InvariantCulture,
                $"{cell.PublishedText,5} {cell.OursText,6} {cell.DifferenceText,6}")),
        ]),
        left: 2);

    /// <summary>What an epoch of a row reached, in a line.</summary>
    internal static string Epoch(StudyRow row, EpochResult result, bool isBest)
    {
        string accuracy = ReportText.Accuracy(row.Part.Task());
        return string.Create(
            CultureInfo.InvariantCulture,
            $"  {(result.Epoch == EpochResult.Untrained ? "untrained" : $"epoch {result.Epoch}"),-9} train loss {TrainingDisplay.Loss(result.TrainLoss, 8)} {accuracy} {result.TrainAccuracy,6:F2}   validation loss {TrainingDisplay.Loss(result.ValidationLoss, 8)} {accuracy} {result.ValidationAccuracy,6:F2} {result.Seconds,5:F0}s{(isBest ? "  best" : "")}");
    }

    private static string Row(RowPlan row) =>
        $"Row {row.Row.Id}: {row.Row.Title}; {ReportText.Configuration(row.Configuration)}; {ReportText.Data(row.Configuration.Data)}";

    /// <summary>What came of a row, in a line.</summary>
    internal static string Result(StudyRow row, RowResult result, bool wasComplete)
    {
        string accuracy = ReportText.Accuracy(row.Part.Task());
        string numbers = string.Join(
            ", ",
            result.Splits.Select(
                split => string.Create(CultureInfo.InvariantCulture, $"{split.Split} {split.Accuracy:F2} %")));
        return wasComplete
            ? $"Row {row.Id}: {row.Title}; complete already: {accuracy} {numbers}"
            : $"  best epoch {result.BestEpoch}: {accuracy} {numbers}; {ReportText.Time(result.Seconds)}";
    }

    private static string[] Failure(string reason, Exception exception, bool isVerbose) =>
        isVerbose ? [reason, .. exception.ToString().ReplaceLineEndings("\n").Split('\n')] : [reason];

    private static string Left(TimeSpan? left) =>
        left is { } time ? $", {ReportText.Time(time.TotalSeconds)} left for everything" : "";

    /// <summary>Plain lines.</summary>
    private sealed class Lines(TextWriter output, bool isVerbose) : IReproductionObserver
    {
        public void OnPhantoms(StudyPart part, int done, int total)
        {
            if (done == total)
                output.WriteLine($"{total} phantoms of {part.Title()} are there.");
        }

        public void OnRow(RowPlan row) => output.WriteLine(Row(row));

        public void OnProgress(RowPlan row, in TrainingProgress progress, TimeSpan? left) { }

        public void OnEpoch(RowPlan row, EpochResult result, bool isBest, TimeSpan? left) =>
            output.WriteLine(Epoch(row.Row, result, isBest) + Left(left));

        public void OnResult(RowPlan row, RowResult result, bool wasComplete) =>
            output.WriteLine(Result(row.Row, result, wasComplete));

        // Also where nothing but the result is printed.
        public void OnFailure(RowPlan row, string reason, Exception exception) =>
            Execution.Say(Failure(reason, exception, isVerbose));
    }

    /// <summary>A line that tells where everything is, with the lines of <see cref="Lines"/> above it.</summary>
    private sealed class Live(LiveLine line, bool isVerbose) : IReproductionObserver
    {
        public void OnPhantoms(StudyPart part, int done, int total) =>
            line.Show($"drawing phantoms of {part.Title()}, {done}/{total}");

        public void OnRow(RowPlan row) => line.Print(Row(row));

        public void OnProgress(RowPlan row, in TrainingProgress progress, TimeSpan? left) =>
            line.Show($"row {row.Row.Id}, {TrainingDisplay.Progress(progress, Left(left))}");

        public void OnEpoch(RowPlan row, EpochResult result, bool isBest, TimeSpan? left) =>
            line.Print(Epoch(row.Row, result, isBest));

        public void OnResult(RowPlan row, RowResult result, bool wasComplete) =>
            line.Print(Result(row.Row, result, wasComplete));

        public void OnFailure(RowPlan row, string reason, Exception exception)
        {
            string[] lines = Failure(reason, exception, isVerbose);
            foreach (string text in lines)
                line.Print(text);
            // A file of errors tells all of them.
            if (Console.IsErrorRedirected)
                Execution.Say(lines);
        }
    }
}
