using IlgpuCxr.Study;

namespace IlgpuCxr.Reports;

/// <summary>A complete row, or any other run, and its plots.</summary>
/// <param name="Row">The row.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Loss">The curves of the loss.</param>
/// <param name="Accuracy">The curves of the accuracy.</param>
/// <param name="Confusion">The confusion matrices; null where there are too many classes to draw any.</param>
internal sealed record RowReport(
    StudyRow Row, RowResult Result, ReportPlot Loss, ReportPlot Accuracy, ReportPlot? Confusion)
{
    /// <summary>All plots.</summary>
    public IEnumerable<ReportPlot> Plots => Confusion is null ? [Loss, Accuracy] : [Loss, Accuracy, Confusion];

    /// <summary>What its section is called.</summary>
    public string Heading => Row.IsOfStudy ? $"Row {Row.Id}: {Row.Title}" : Row.Title;

    /// <summary>Where its files are, seen from the report; empty where they are beside it.</summary>
    public string Folder => Row.IsOfStudy ? $"{Row.DirectoryName}/" : "";

    /// <summary>Draws the plots of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="result">What came of it.</param>
    public static RowReport Create(StudyRow row, RowResult result) => new(
        row, result,
        new ReportPlot("loss.png", $"Loss of {row.Title}", CurvePlot.Loss(row, result)),
        new ReportPlot("accuracy.png", $"Accuracy of {row.Title}", CurvePlot.Accuracy(row, result)),
        result.Configuration.Data.Classes.Count <= ConfusionPlot.MostClasses
            ? new ReportPlot("confusion.png", $"Confusion matrices of {row.Title}", ConfusionPlot.Draw(row, result))
            : null);
}

/// <summary>A plot.</summary>
/// <param name="FileName">Its file in the row's run directory.</param>
/// <param name="Title">What it shows, for those who cannot see it.</param>
/// <param name="Png">The file's bytes.</param>
internal sealed record ReportPlot(string FileName, string Title, byte[] Png);
