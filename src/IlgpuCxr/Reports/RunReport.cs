using System.Text;
using IlgpuCxr.Study;
using IlgpuCxr.Training;

namespace IlgpuCxr.Reports;

/// <summary>
/// The report of a run outside the study: <c>report.md</c>, <c>report.html</c> and the plots, in its run directory.
/// </summary>
public static class RunReport
{
    /// <summary>Writes it, each file whole or not at all.</summary>
    /// <param name="run">The run directory.</param>
    /// <param name="result">What came of the run.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(RunDirectory run, RowResult result)
    {
        RowReport report = RowReport.Create(StudyRow.Of(result.Configuration.Options), result);
        foreach (ReportPlot plot in report.Plots)
            Save(plot.FileName, plot.Png);
        Save(RunDirectory.ReportName, Encoding.UTF8.GetBytes(MarkdownReport.CreateOfRun(report)));
        Save("report.html", Encoding.UTF8.GetBytes(HtmlReport.CreateOfRun(report)));

        void Save(string name, byte[] bytes) => AtomicFile.Write(Path.Combine(run.Location, name), bytes);
    }
}
