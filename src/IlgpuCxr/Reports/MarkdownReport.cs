using System.Text;
using System.Text.RegularExpressions;
using IlgpuCxr.Data;
using IlgpuCxr.Study;

namespace IlgpuCxr.Reports;

/// <summary>The report as Markdown; its pictures are the files in the rows' directories.</summary>
internal static partial class MarkdownReport
{
    /// <summary>Writes the report.</summary>
    /// <param name="rows">The complete rows.</param>
    public static string Create(IReadOnlyList<RowReport> rows)
    {
        var text = new StringBuilder();
        void Paragraph(string line) => text.Append(line).Append("\n\n");

        Paragraph($"# {ReportText.Title}");
        Paragraph(ReportText.Study);
        Paragraph($"> **{ReportText.Disclaimer}**");
        Paragraph(
            $"{rows.Count} of {StudyRows.All.Count} rows are complete; training took {ReportText.Time(rows.Sum(row => row.Result.Seconds))} on {ReportText.Devices(rows)}.");
        foreach (string notice in ReportNotices.Of(rows))
            Paragraph(notice);

        foreach (StudyTable table in StudyTable.All([.. rows.Select(row => (row.Row, row.Result))]))
            AddTable(text, table);
        AddCovid(text, [.. rows.Where(row => row.Row.Part == StudyPart.Part2)]);

        Paragraph("## The rows");
        Paragraph(ReportText.CurveNotice);
        Paragraph(ReportText.MetricNotice);
        foreach (RowReport row in rows)
            AddRow(text, row);
        return text.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>Writes the report of a run outside the study.</summary>
    /// <param name="run">The run.</param>
    public static string CreateOfRun(RowReport run)
    {
        var text = new StringBuilder($"# {ReportText.RunTitle}\n\n> **{ReportText.Disclaimer}**\n\n");
        foreach (string line in ReportText.Metrics(run.Result))
            text.Append($"{Text(line)}\n\n");
        AddRow(text, run);
        return text.Append($"{ReportText.RunCurveNotice}\n\n{ReportText.MetricNotice}\n").ToString();
    }

    private static void AddTable(StringBuilder text, StudyTable table)
    {
        text.Append($"## {table.Title}\n\nPaper / ours / difference.\n\n");
        AddLine(text, ["row", "network", "layers or loss", "best epoch", .. table.Splits]);
        AddLine(text, ["---", "---", "---", "---:", .. table.Splits.Select(_ => "---:")]);
        foreach (StudyTableRow row in table.Rows)
        {
            AddLine(text,
            [
                row.Row.Id, row.Row.NetworkTitle, row.Row.Layers, $"{row.Row.Published.BestEpoch} / {row.BestEpoch}",
                .. row.Cells.Select(cell => $"{cell.PublishedText} / {cell.OursText} / {cell.DifferenceText}"),
            ]);
        }
        text.Append('\n');
    }

    private static void AddCovid(StringBuilder text, IReadOnlyList<RowReport> rows)
    {
        if (rows.Count == 0)
            return;
        text.Append($"## COVID-19 found\n\n{ReportText.CovidNotice}\n\n");
        AddLine(
            text, ["row", "network", "loss", "paper, train", "ours, train", "paper, validation", "ours, validation"]);
        AddLine(text, ["---", "---", "---", "---:", "---:", "---:", "---:"]);
        foreach (RowReport row in rows)
        {
            AddLine(text,
            [
                row.Row.Id, row.Row.NetworkTitle, row.Row.Layers,
                .. row.Row.Splits.SelectMany(split => new[]
                {
                    ReportText.Share(ReportText.PublishedCovid(row.Row, split)),
                    ReportText.Share(ReportText.OurCovid(row.Result, split)),
                }),
            ]);
        }
        text.Append('\n');
    }

    private static void AddRow(StringBuilder text, RowReport row)
    {
        RowResult result = row.Result;
        text.Append($"### {row.Heading}\n\n");
        text.Append(
            $"{ReportText.Data(result.Configuration.Data)}; {ReportText.Configuration(result.Configuration)}; ");
        text.Append($"best epoch {result.BestEpoch}; {ReportText.Time(result.Seconds)}.\n\n");
        if (result.LeftOut is { } leftOut)
            text.Append($"{Text(ReportText.LeftOut(leftOut))}\n\n");
        foreach (ReportPlot plot in row.Plots)
            text.Append($"![{plot.Title}]({row.Folder}{plot.FileName})\n");
        if (row.Confusion is null)
            text.Append($"\n{ReportText.NoMatrixNotice}\n");
        text.Append('\n');
        AddLine(text, ["split", "class", "images", "sensitivity", "specificity", "precision", "F1", "AUC"]);
        AddLine(text, ["---", "---", "---:", "---:", "---:", "---:", "---:", "---:"]);
        foreach (SplitResult split in result.Splits)
        {
            foreach (ClassResult c in split.Classes)
            {
                AddLine(text,
                [
                    split.Split, Text(c.Name), $"{c.Images}",
                    .. ((IEnumerable<Metrics.Estimate?>)[c.Sensitivity, c.Specificity, c.Precision, c.F1, c.RocAuc])
                        .Select(e =>
                            e is { } estimate
                            ? $"{ReportText.Number(estimate.Value, 2)} ({ReportText.Interval(estimate)})"
                            : StudyTableCell.Missing),
                ]);
            }
        }
        text.Append('\n');
    }

    /// <summary>
    /// Text with the names of classes in it, which are the user's, without what Markdown would take for markup.
    /// </summary>
    private static string Text(string text) => Markup().Replace(text, @"\$0");

    private static void AddLine(StringBuilder text, IEnumerable<string> cells) =>
        text
            .Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))
            .Append(" |\n");

    [GeneratedRegex(@"[\\`*_~<&\[]")]
    private static partial Regex Markup();
}
