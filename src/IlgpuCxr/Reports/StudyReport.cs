using System.Text;
using IlgpuCxr.Data;
using IlgpuCxr.Study;

namespace IlgpuCxr.Reports;

/// <summary>
/// The report of a reproduction: <c>report.md</c>, <c>report.html</c>, and the plots in the rows' run directories.
/// </summary>
/// <remarks>It tells of every row that is complete below a directory, those of earlier calls too.</remarks>
public sealed class StudyReport
{
    private readonly string directory;
    private readonly SortedDictionary<(StudyPart, int), CompleteRow> rows = [];

    /// <summary>Finds what is complete already.</summary>
    /// <param name="directory">The directory of all rows.</param>
    /// <exception cref="DataException">A result is damaged.</exception>
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

    /// <summary>Adds a row, or replaces it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="files">Its run directory.</param>
    /// <param name="result">What came of it.</param>
    public void Add(StudyRow row, RowDirectory files, RowResult result) =>
        rows[(row.Part, row.Number)] = new CompleteRow(row, files, result);

    /// <summary>Writes both reports and the plots of the rows, each whole or not at all.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Write()
    {
        RowReport[] reports = [.. rows.Values.Select(row => row.Draw())];
        AtomicFile.Write(MarkdownPath, Encoding.UTF8.GetBytes(MarkdownReport.Create(reports)));
        AtomicFile.Write(HtmlPath, Encoding.UTF8.GetBytes(HtmlReport.Create(reports)));
    }

    private sealed class CompleteRow(StudyRow row, RowDirectory files, RowResult result)
    {
        private RowReport? report;

        public StudyRow Row => row;

        public RowResult Result => result;

        /// <summary>Draws and writes its plots, once.</summary>
        public RowReport Draw()
        {
            if (report is not null)
                return report;
            var drawn = RowReport.Create(row, result);
            foreach (ReportPlot plot in drawn.Plots)
                AtomicFile.Write(files.PathOf(plot.FileName), plot.Png);
            return report = drawn;
        }
    }
}
