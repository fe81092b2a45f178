using IlgpuCxr.Data;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Reports;

/// <summary>What a reader must know before comparing numbers.</summary>
internal static class ReportNotices
{
    /// <summary>The notices that these rows call for.</summary>
    /// <param name="rows">The complete rows.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<RowReport> rows)
    {
        var notices = new List<string>();
        if (rows.Any(row => row.Result.Configuration.Data.Kind == DataDescription.Phantoms))
            notices.Add(ReportText.PhantomNotice);
        if (rows.Any(row => row.Result.Configuration.Options.Weights == InitialWeights.RandomName))
            notices.Add(ReportText.RandomNotice);
        string[] incomplete = [.. rows.Where(row => row.Result.LeftOut is not null).Select(row => row.Row.Id)];
        if (incomplete.Length > 0)
        {
            notices.Add(
                $"Some images of row{(incomplete.Length == 1 ? "" : "s")} {string.Join(", ", incomplete)} could not be read and were left out, though the numbers of images count them; "
                + "each row's section says how many.");
        }
        string[] outside =
            [.. rows.Where(row => CurvePlot.LeavesPublishedAxes(row.Row, row.Result)).Select(row => row.Row.Id)];
        if (outside.Length > 0)
        {
            notices.Add(
                $"The study draws all of Part 1 with losses from 0.15 to 0.55 and accuracies from 70 to 100 %. Our curves of row{(outside.Length == 1 ? "" : "s")} " +
                $"{string.Join(", ", outside)} leave these axes, which are widened there.");
        }
        if (rows.Any(row => row.Row.Loss == Training.LossKind.Focal))
            notices.Add(
                "The study's focal loss is a sum over all images; its curves and ours are divided by the number of images here, so that they can be compared.");
        return notices;
    }
}
