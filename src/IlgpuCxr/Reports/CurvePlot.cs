using IlgpuCxr.Data;
using IlgpuCxr.Study;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;

namespace IlgpuCxr.Reports;

/// <summary>
/// The curves of a row as the study draws them: train red, validation blue; ours solid, the published ones dotted
/// beside them.
/// </summary>
/// <remarks>
/// The study cuts its curves at the best epoch; ours go on to the last, with the best one marked. Part 1 has fixed
/// axes, which are widened where our curves leave them.
/// </remarks>
internal static class CurvePlot
{
    private const int Width = 560, Height = 340;

    // The study's axes of Part 1.
    private static readonly (double Low, double High) Part1Loss = (0.15, 0.55), Part1Accuracy = (70, 100);

    /// <summary>Draws the losses.</summary>
    /// <param name="row">The row.</param>
    /// <param name="result">What came of it.</param>
    public static byte[] Loss(StudyRow row, RowResult result)
    {
        var curves = RowCurves.Losses(row, result);
        return Draw(
            row, result.BestEpoch, curves, curves.IsPerImage ? "loss per image" : "loss",
            HasFixedAxes(row) ? Part1Loss : null);
    }

    /// <summary>Draws the accuracies.</summary>
    /// <param name="row">The row.</param>
    /// <param name="result">What came of it.</param>
    public static byte[] Accuracy(StudyRow row, RowResult result) => Draw(
        row, result.BestEpoch, RowCurves.Accuracies(row, result),
        row.Part == StudyPart.Part1 ? "accuracy (%)" : "Jaccard index (%)",
        HasFixedAxes(row) ? Part1Accuracy : null);

    /// <summary>Whether our curves leave the study's axes.</summary>
    /// <param name="row">The row.</param>
    /// <param name="result">What came of it.</param>
    public static bool LeavesPublishedAxes(StudyRow row, RowResult result) => HasFixedAxes(row)
        && (Leaves(RowCurves.Losses(row, result), Part1Loss) || Leaves(RowCurves.Accuracies(row, result), Part1Accuracy));

    private static bool HasFixedAxes(StudyRow row) => row.IsOfStudy && row.Part == StudyPart.Part1;

    private static bool Leaves(RowCurves curves, (double Low, double High) axis) =>
        curves.Ours.Any(value => value < axis.Low || value > axis.High);

    private static byte[] Draw(
        StudyRow row, int bestEpoch, RowCurves curves, string label, (double Low, double High)? axis)
    {
        Plot plot = PlotStyle.Create();
        AddPublished(plot, curves.PublishedTrain, PlotStyle.Train, "train, paper");
        AddPublished(plot, curves.PublishedValidation, PlotStyle.Validation, "validation, paper");
        AddOurs(plot, curves.Train, PlotStyle.Train, "train");
        AddOurs(plot, curves.Validation, PlotStyle.Validation, "validation");

        int best = bestEpoch + curves.FirstEpoch;
        Marker mark = plot.Add.Marker(best, curves.Validation[best], MarkerShape.OpenCircle, 15, PlotStyle.Validation);
        mark.LineWidth = 2;

        plot.YLabel(label);
        plot.XLabel(row.Part == StudyPart.Part1 ? "epoch" : "epochs trained (0: untrained)");
        int last = Math.Max(1, Math.Max(curves.Train.Count, curves.PublishedTrain?.Count ?? 0) - 1);
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic
        {
            IntegerTicksOnly = true,
            MinorTickGenerator = new EvenlySpacedMinorTickGenerator(1),
        };
        plot.Axes.Left.TickGenerator = new NumericAutomatic
        {
            MinorTickGenerator = new EvenlySpacedMinorTickGenerator(1),
        };
        plot.Axes.SetLimitsX(-0.03 * last - 0.2, last * 1.03 + 0.2);
        (double low, double high) = Limits(curves, axis);
        plot.Axes.SetLimitsY(low, high);
        AddLegend(plot);
        return PlotStyle.Png(plot, Width, Height);
    }

    internal static (double Low, double High) Limits(RowCurves curves, (double Low, double High)? axis)
    {
        double[] values = [.. curves.Ours, .. curves.Published];
        double low = values.Min(), high = values.Max();
        // Of curves without any range the ticks would have more digits than anybody reads.
        double margin = 0.05 * Math.Max(high - low, Math.Max(0.02 * high, 1e-3));
        return axis is not { } fixedAxis
            ? (low - margin, high + margin)
            : (low < fixedAxis.Low ? low - margin : fixedAxis.Low, high > fixedAxis.High ? high + margin : fixedAxis.High);
    }

    private static void AddPublished(Plot plot, IReadOnlyList<double>? values, Color color, string name)
    {
        if (values is null)
            return;
        Scatter line = plot.Add.Scatter(Epochs(values), [.. values]);
        line.Color = color.WithAlpha(.75);
        line.LineWidth = 1.6f;
        line.LinePattern = LinePattern.Dotted;
        line.MarkerSize = 0;
        line.LegendText = name;
    }

    private static void AddOurs(Plot plot, IReadOnlyList<double> values, Color color, string name)
    {
        Scatter line = plot.Add.Scatter(Epochs(values), [.. values]);
        line.Color = color;
        line.LineWidth = 2.2f;
        line.MarkerSize = values.Count > 30 ? 0 : 5;
        line.LegendText = name;
    }

    private static void AddLegend(Plot plot)
    {
        plot.ShowLegend(Edge.Bottom);
        plot.Legend.FontName = PlotStyle.Font;
        plot.Legend.FontSize = 11;
        plot.Legend.Padding = new PixelPadding(0);
        plot.Legend.Margin = new PixelPadding(0);
        plot.Legend.FontColor = PlotStyle.Text;
        plot.Legend.BackgroundColor = Colors.Transparent;
        plot.Legend.OutlineColor = Colors.Transparent;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.Orientation = Orientation.Horizontal;
    }

    private static double[] Epochs(IReadOnlyList<double> values) =>
        [.. Enumerable.Range(0, values.Count).Select(i => (double)i)];
}
