using System.Buffers.Binary;
using System.Net;
using System.Text;
using IlgpuCxr.Data;
using IlgpuCxr.Metrics;
using IlgpuCxr.Study;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Reports;

/// <summary>The report as one file of HTML: styles and pictures inside, no scripts, nothing fetched.</summary>
internal static class HtmlReport
{
    private static readonly Lazy<string> Style = new(() =>
    {
        using var reader = new StreamReader(typeof(HtmlReport).Assembly.GetManifestResourceStream("report.css")!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    });

    /// <summary>Writes the report.</summary>
    /// <param name="rows">The complete rows.</param>
    public static string Create(IReadOnlyList<RowReport> rows)
    {
        StringBuilder html = Begin(ReportText.Title, ReportText.Study);
        AddFacts(html, rows);
        foreach (string notice in ReportNotices.Of(rows))
            html.Append($"<p class=\"note\">{Text(notice)}</p>\n");

        html.Append("<h2 id=\"tables\">The tables: paper, ours, difference</h2>\n<div class=\"grid\">\n");
        foreach (StudyTable table in StudyTable.All([.. rows.Select(row => (row.Row, row.Result))]))
            AddTable(html, table);
        html.Append("</div>\n");
        AddCovid(html, [.. rows.Where(row => row.Row.Part == StudyPart.Part2)]);

        html.Append("<h2 id=\"rows\">The rows</h2>\n");
        html.Append($"<p>{Text(ReportText.CurveNotice)} A cell's colour is its share of its row.</p>\n<nav>");
        foreach (RowReport row in rows)
            html.Append($"<a href=\"#{row.Row.DirectoryName}\">{Text(row.Row.Id)} {Text(row.Row.Title)}</a>");
        html.Append("</nav>\n");
        foreach (RowReport row in rows)
            AddRow(html, row);

        html.Append(
            $"<footer><p>{Text(ReportText.MetricNotice)}</p><p>Weights, logs and plots of each row are in the directory beside this file that its heading names.</p></footer>\n");
        html.Append("</main>\n</body>\n</html>\n");
        return html.ToString();
    }

    /// <summary>Writes the report of a run outside the study.</summary>
    /// <param name="run">The run.</param>
    public static string CreateOfRun(RowReport run)
    {
        StringBuilder html = Begin(ReportText.RunTitle, string.Join(" ", ReportText.Metrics(run.Result)));
        AddRow(html, run);
        return html.Append(
            $"<footer><p>{Text(ReportText.RunCurveNotice)}</p><p>{Text(ReportText.MetricNotice)}</p></footer>\n</main>\n</body>\n</html>\n").ToString();
    }

    private static StringBuilder Begin(string title, string lead) => new($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{Text(title)}</title>
        <style>
        {Style.Value}</style>
        </head>
        <body>
        <header><div>
        <h1>{Text(title)}</h1>
        <p>{Text(lead)}</p>
        <p class="small">{Text(ReportText.Disclaimer)}</p>
        </div></header>
        <main>

        """);

    private static void AddFacts(StringBuilder html, IReadOnlyList<RowReport> rows)
    {
        string[] data =
        [
            .. rows
                .Select(row =>
                    row.Result.Configuration.Data.Kind == DataDescription.Phantoms ? "phantoms" : "given X-rays")
                .Distinct(),
        ];
        string[] weights =
        [
            .. rows.Select(row =>
                row.Result.Configuration.Options.Weights == InitialWeights.RandomName
                ? "random"
                : "imported").Distinct(),
        ];
        html.Append("<div class=\"facts\">\n");
        AddFact($"{rows.Count} of {StudyRows.All.Count}", "rows complete");
        AddFact(data.Length == 0 ? "none yet" : string.Join(", ", data), "images");
        AddFact(weights.Length == 0 ? "none yet" : string.Join(", ", weights), "first weights");
        AddFact(ReportText.Time(rows.Sum(row => row.Result.Seconds)), "training");
        AddFact(ReportText.Devices(rows), "device");
        html.Append("</div>\n");

        void AddFact(string fact, string what) => html.Append(
            $"<div class=\"card fact\"><b>{Text(fact)}</b><span>{Text(what)}</span></div>\n");
    }

    private static void AddTable(StringBuilder html, StudyTable table)
    {
        html.Append(
            $"<div class=\"card scroll\"><h4>{Text(table.Title)}</h4>\n<table>\n<thead>\n<tr><th></th><th class=\"left\"></th><th class=\"group start\" colspan=\"2\">best epoch</th>");
        foreach (string split in table.Splits)
            html.Append($"<th class=\"group start\" colspan=\"3\">{Text(split)}</th>");
        html.Append(
            "</tr>\n<tr><th class=\"left\">row</th><th class=\"left\">network</th><th class=\"start\">paper</th><th>ours</th>");
        foreach (string _ in table.Splits)
            html.Append("<th class=\"start\">paper</th><th>ours</th><th>diff.</th>");
        html.Append("</tr>\n</thead>\n<tbody>\n");
        foreach (StudyTableRow row in table.Rows)
        {
            html.Append(
                $"<tr><td class=\"left\">{Text(row.Row.Id)}</td><th class=\"left\" scope=\"row\">{row.Row.NetworkTitle} <small class=\"soft\">{Text(row.Row.Layers)}</small></th>");
            html.Append(
                $"<td class=\"start\">{row.Row.Published.BestEpoch}</td><td class=\"ours\">{row.BestEpoch}</td>");
            foreach (StudyTableCell cell in row.Cells)
            {
                string direction = cell.Difference switch { > 0 => " class=\"up\"", < 0 => " class=\"down\"", _ => "" };
                html.Append(
                    $"<td class=\"start\">{cell.PublishedText}</td><td class=\"ours\">{cell.OursText}</td><td{direction}>{cell.DifferenceText}</td>");
            }
            html.Append("</tr>\n");
        }
        html.Append("</tbody>\n</table></div>\n");
    }

    private static void AddCovid(StringBuilder html, IReadOnlyList<RowReport> rows)
    {
        if (rows.Count == 0)
            return;
        html.Append(
            $"<h2 id=\"covid\">What the accuracy hides: COVID-19 found</h2>\n<div class=\"card scroll\"><p>{Text(ReportText.CovidNotice)}</p>\n");
        html.Append("<table>\n<thead><tr><th class=\"left\">row</th><th class=\"left\">network</th>");
        html.Append(
            "<th>train, paper</th><th>train, ours</th><th>validation, paper</th><th>validation, ours</th><th>interval</th></tr></thead>\n<tbody>\n");
        foreach (RowReport row in rows)
        {
            html.Append(
                $"<tr><td class=\"left\">{Text(row.Row.Id)}</td><th class=\"left\" scope=\"row\">{row.Row.NetworkTitle} <small class=\"soft\">{Text(row.Row.Layers)}</small></th>");
            foreach (string split in row.Row.Splits)
            {
                html.Append($"<td>{ReportText.Share(ReportText.PublishedCovid(row.Row, split))}</td>");
                html.Append($"<td class=\"ours\">{ReportText.Share(ReportText.OurCovid(row.Result, split))}</td>");
            }
            Estimate? sensitivity = row.Result.Of(SplitNames.Validation)?.Classes[ReportText.Covid].Sensitivity;
            html.Append(
                $"<td>{(sensitivity is { } found ? ReportText.Interval(found) : StudyTableCell.Missing)}</td></tr>\n");
        }
        html.Append("</tbody>\n</table></div>\n");
    }

    private static void AddRow(StringBuilder html, RowReport row)
    {
        RowResult result = row.Result;
        html.Append($"<section class=\"card row\" id=\"{row.Row.DirectoryName}\">\n<h3>{Text(row.Heading)}</h3>\n");
        html.Append(
            $"<p>{Text(ReportText.Data(result.Configuration.Data))} · {Text(ReportText.Configuration(result.Configuration))} · best epoch {result.BestEpoch}");
        html.Append(
            $" · {ReportText.Time(result.Seconds)}{(row.Folder.Length > 0 ? $" · <code>{row.Folder}</code>" : "")}</p>\n");
        if (result.LeftOut is { } leftOut)
            html.Append($"<p class=\"note\">{Text(ReportText.LeftOut(leftOut))}</p>\n");
        html.Append("<div class=\"plots\">\n");
        AddFigure(html, row.Loss, "Loss");
        AddFigure(
            html, row.Accuracy, row.Row.Part == StudyPart.Part1 ? "Accuracy" : "Accuracy (Jaccard index over images)");
        html.Append("</div>\n<div class=\"matrices\">");
        if (row.Confusion is { } confusion)
            AddFigure(html, confusion, "Confusion matrices");
        else
            html.Append($"<p>{Text(ReportText.NoMatrixNotice)}</p>");
        html.Append("</div>\n<div class=\"scroll\">");
        AddClasses(html, result);
        html.Append("</div>\n</section>\n");
    }

    private static void AddFigure(StringBuilder html, ReportPlot plot, string caption)
    {
        // A PNG's header has its size at bytes 16 and 20; with it the page does not jump while it is laid out.
        int width = BinaryPrimitives.ReadInt32BigEndian(plot.Png.AsSpan(16)) / PlotStyle.Density;
        int height = BinaryPrimitives.ReadInt32BigEndian(plot.Png.AsSpan(20)) / PlotStyle.Density;
        html.Append(
            $"<figure><figcaption>{Text(caption)}</figcaption><img width=\"{width}\" height=\"{height}\" alt=\"{Text(plot.Title)}\" src=\"data:image/png;base64,");
        html.Append(Convert.ToBase64String(plot.Png)).Append("\"></figure>\n");
    }

    private static void AddClasses(StringBuilder html, RowResult result)
    {
        html.Append(
            "<table>\n<thead><tr><th class=\"left\">split</th><th class=\"left\">class</th><th>images</th><th>sensitivity</th><th>specificity</th><th>precision</th><th>F1</th><th>AUC</th></tr></thead>\n<tbody>\n");
        foreach (SplitResult split in result.Splits)
        {
            foreach (ClassResult c in split.Classes)
            {
                html.Append(
                    $"<tr><td class=\"left\">{Text(split.Split)}</td><th class=\"left\" scope=\"row\">{Text(c.Name)}</th><td>{c.Images}</td>");
                foreach (Estimate? estimate in (IEnumerable<Estimate?>)[c.Sensitivity, c.Specificity, c.Precision, c.F1, c.RocAuc])
                {
                    html.Append(estimate is { } e
                        ? $"<td>{ReportText.Number(e.Value, 2)} <small>({ReportText.Interval(e)})</small></td>"
                        : $"<td>{StudyTableCell.Missing}</td>");
                }
                html.Append("</tr>\n");
            }
        }
        html.Append("</tbody>\n</table>");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
