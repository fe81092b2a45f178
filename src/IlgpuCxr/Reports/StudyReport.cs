using System.Text;
using IlgpuCxr.Study;

namespace IlgpuCxr.Reports;

/// <summary>
/// The report of a reproduction: <c>report.md</c>, <c>report.html</c>, and the plots in the rows' run directories.
/// </summary>
/// <remarks>It tells of every row that is complete below a directory, those of earlier calls too.</remarks>
public sealed class StudyReport
{
    private readonly string directory;
    private readonly SortedDictionary<(StudyPart, int), RowReport> rows = [];

    /// <summary>Finds what is complete already.</summary>
    /// <param name="directory">The directory of all rows.</param>
    /// <exception cref="UsageException">A result is damaged.</exception>
    public StudyReport(string directory)
    {
        this.directory = directory;
        foreach (StudyRow row in StudyRows.All)
        {
            var files = new RowDirectory(directory, row);
            if (files.ReadResult() is { } result)
                Add(row, files, result);
        }
    }

    /// <summary>The report for people who open it in a browser.</summary>
    public string HtmlPath => Path.Combine(directory, "report.html");

    /// <summary>The report as plain text with tables.</summary>
    public string MarkdownPath => Path.Combine(directory, "report.md");

    /// <summary>The rows that are complete, in the order of the tables.</summary>
    public IReadOnlyList<(StudyRow Row, RowResult Result)> Rows =>
        [.. rows.Values.Select(row => (row.Row, row.Result))];

    /// <summary>The study's tables of these rows.</summary>
    public IReadOnlyList<StudyTable> Tables => StudyTable.All(Rows);

    /// <summary>Adds a row, or replaces it, and writes its plots.</summary>
    /// <param name="row">The row.</param>
    /// <param name="files">Its run directory.</param>
    /// <param name="result">What came of it.</param>
    public void Add(StudyRow row, RowDirectory files, RowResult result)
    {
        RowReport report = RowReport.Create(row, result);
        foreach (ReportPlot plot in report.Plots)
            AtomicFile.Write(files.PathOf(plot.FileName), plot.Png);
        rows[(row.Part, row.Number)] = report;
    }

    /// <summary>Writes both reports, each whole or not at all.</summary>
    public void Write()
    {
        AtomicFile.Write(MarkdownPath, Encoding.UTF8.GetBytes(MarkdownReport.Create([.. rows.Values])));
        AtomicFile.Write(HtmlPath, Encoding.UTF8.GetBytes(HtmlReport.Create([.. rows.Values])));
    }
}
