using System.Globalization;
using IlgpuCxr.Study;
using ScottPlot;
using ScottPlot.Plottables;

namespace IlgpuCxr.Reports;

/// <summary>The confusion matrices of a row as heat maps, the study's and ours side by side.</summary>
/// <remarks>
/// Rows are what the images are, columns what they are predicted to be. A cell's colour is its share of its row, so that a rare class shows as
/// clearly as a frequent one; its number is the number of images.
/// </remarks>
internal static class ConfusionPlot
{
    private const int Cell = 62, Gap = 20, RowLabel = 92, Header = 50, Footer = 26, GroupGap = 44;
    private const int Matrix = 2 * Cell;

    // Not transparent, so that the numbers can be read on any page.
    private static readonly Color Cold = Color.FromHex("#eef4ff"), Hot = Color.FromHex("#1d4fc4"), OnCold = Color.FromHex("#1e3357");

    /// <summary>Draws all matrices of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="result">What came of it.</param>
    public static byte[] Draw(StudyRow row, RowResult result)
    {
        // Part 1: a line, paper and ours for each split. Part 2: a line for each class.
        string[] splits = [.. row.Splits.Where(split => result.Of(split) is not null)];
        bool showsPublished = row.Published.Confusion is not null;
        int lines = row.Part == StudyPart.Part1 ? 1 : result.Configuration.Data.Classes.Count;
        int group = showsPublished ? 2 * Matrix + Gap : Matrix;
        int width = RowLabel + splits.Length * group + (splits.Length - 1) * GroupGap + Gap;
        int lineHeight = Matrix + Footer + Gap;
        int height = Header + lines * lineHeight;

        Plot plot = PlotStyle.Create();
        plot.HideAxesAndGrid();
        plot.Layout.Frameless();
        plot.Axes.SetLimits(0, width, height, 0);
        for (int line = 0; line < lines; line++)
        {
            string[] names = row.Part == StudyPart.Part1
                ? [.. result.Configuration.Data.Classes]
                : ["others", result.Configuration.Data.Classes[line]];
            int top = Header + line * lineHeight;
            for (int i = 0; i < 2; i++)
                AddText(plot, RowLabel - 10, top + i * Cell + Cell / 2, names[i], Alignment.MiddleRight);
            for (int s = 0; s < splits.Length; s++)
            {
                int left = RowLabel + s * (group + GroupGap);
                if (line == 0)
                    AddText(plot, left + group / 2, 12, splits[s], Alignment.MiddleCenter, bold: true, size: 14);
                if (showsPublished)
                {
                    var published = row.Published.ConfusionOf(row, splits[s])![line];
                    AddMatrix(plot, left, top, "paper", names, published.Rows, isFirst: line == 0);
                }
                AddMatrix(plot, left + group - Matrix, top, "ours", names, result.Of(splits[s])!.Confusion[line], isFirst: line == 0);
            }
        }
        return PlotStyle.Png(plot, width, height);
    }

    private static void AddMatrix(Plot plot, int left, int top, string whose, string[] names, IReadOnlyList<long[]> counts, bool isFirst)
    {
        if (isFirst)
            AddText(plot, left + Cell, top - 14, whose, Alignment.MiddleCenter);
        for (int actual = 0; actual < 2; actual++)
        {
            double total = Math.Max(1, counts[actual].Sum());
            for (int predicted = 0; predicted < 2; predicted++)
            {
                double share = counts[actual][predicted] / total;
                double x = left + predicted * Cell, y = top + actual * Cell;
                Rectangle cell = plot.Add.Rectangle(x + 1, x + Cell - 1, y + 1, y + Cell - 1);
                cell.FillColor = Cold.MixedWith(Hot, share);
                cell.LineWidth = 0;
                Text number = AddText(
                    plot, x + Cell / 2, y + Cell / 2, counts[actual][predicted].ToString("N0", CultureInfo.InvariantCulture), Alignment.MiddleCenter,
                    bold: true, size: 14);
                number.LabelFontColor = share > 0.45 ? Colors.White : OnCold;
            }
        }
        for (int predicted = 0; predicted < 2; predicted++)
            AddText(plot, left + predicted * Cell + Cell / 2, top + Matrix + 13, names[predicted], Alignment.MiddleCenter, size: 11);
    }

    private static Text AddText(Plot plot, double x, double y, string text, Alignment alignment, bool bold = false, float size = 12)
    {
        Text label = plot.Add.Text(text, x, y);
        label.LabelFontName = PlotStyle.Font;
        label.LabelFontSize = size;
        label.LabelBold = bold;
        label.LabelFontColor = PlotStyle.Text;
        label.LabelAlignment = alignment;
        return label;
    }
}
