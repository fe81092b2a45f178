using IlgpuCxr.Data;
using IlgpuCxr.Training;
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
                $"Some images of {Rows(incomplete)} could not be read and were left out, though the numbers of images count them; "
                + "each row's section says how many.");
        }
        if (ReportText.Misprint(rows.Select(row => row.Row)) is { } misprint)
            notices.Add(misprint);
        // Of rows from before it was noted nobody knows.
        IGrouping<string, string>[] computations =
        [
            .. rows.Where(row => row.Result.Precision is not null).GroupBy(
                row => DeviceText.Computation(row.Result.Precision!.Value, row.Result.Algorithms), row => row.Row.Id),
        ];
        if (computations.Length > 1)
        {
            notices.Add(
                $"The rows were not all computed alike, and differ by rounding too: {string.Join("; ", computations.Select(ids => $"{Rows([.. ids])} in {ids.Key}"))}.");
        }
        string[] outside =
            [.. rows.Where(row => CurvePlot.LeavesPublishedAxes(row.Row, row.Result)).Select(row => row.Row.Id)];
        if (outside.Length > 0)
        {
            notices.Add(
                $"The study draws all of Part 1 with losses from 0.15 to 0.55 and accuracies from 70 to 100 %. Our curves of " +
                $"{Rows(outside)} leave these axes, which are widened there.");
        }
        if (rows.Any(row => row.Row.Loss == Training.LossKind.Focal))
            notices.Add(
                "The study's focal loss is a sum over all images; its curves and ours are divided by the number of images here, so that they can be compared.");
        return notices;
    }

    private static string Rows(string[] ids) => $"row{(ids.Length == 1 ? "" : "s")} {string.Join(", ", ids)}";
}
