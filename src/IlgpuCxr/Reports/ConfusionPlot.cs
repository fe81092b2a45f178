using System.Globalization;
using IlgpuCxr.Data;
using IlgpuCxr.Study;
using ScottPlot;
using ScottPlot.Plottables;

namespace IlgpuCxr.Reports;

/// <summary>The confusion matrices of a row as heat maps, the study's and ours side by side.</summary>
/// <remarks>
/// Rows are what the images are, columns what they are predicted to be. A cell's colour is its share of its row, so
/// that a rare class shows as clearly as a frequent one; its number is the number of images.
/// </remarks>
internal static class ConfusionPlot
{
    /// <summary>
    /// Of more classes nobody reads a picture, and it takes memory with their square: of 20 with long names, in three
    /// splits, 380 MB.
    /// </summary>
    public const int MostClasses = 20;

    // Letters of a class's name that there is room for.
    private const int LongestName = 20;

    private const int SmallestCell = 62, Gap = 20, SmallestRowLabel = 92, Header = 50, Footer = 26, GroupGap = 44;

    // Not transparent, so that the numbers can be read on any page.
    private static readonly Color Cold = Color.FromHex("#eef4ff"), Hot = Color.FromHex("#1d4fc4");
    private static readonly Color OnCold = Color.FromHex("#1e3357");

    /// <summary>Draws all matrices of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="result">What came of it; at most <see cref="MostClasses"/> classes.</param>
    public static byte[] Draw(StudyRow row, RowResult result)
    {
        // Part 1: a line, paper and ours for each split. Part 2: a line for each class.
        string[] splits = [.. row.Splits.Where(split => result.Of(split) is not null)];
        bool showsPublished = row.Published.Confusion is not null;
        string[] classes = [.. result.Configuration.Data.Classes.Select(Name)];
        int lines = row.Part == StudyPart.Part1 ? 1 : classes.Length;
        // Room for the names, whose letters are some 7 pixels wide.
        int longest = classes.Max(name => name.Length), cell = Math.Max(SmallestCell, 7 * longest);
        int rowLabel = Math.Max(SmallestRowLabel, 8 * longest + 20);
        int matrix = cell * (row.Part == StudyPart.Part1 ? classes.Length : 2);
        int group = showsPublished ? 2 * matrix + Gap : matrix;
        int width = rowLabel + splits.Length * group + (splits.Length - 1) * GroupGap + Gap;
        int lineHeight = matrix + Footer + Gap;
        int height = Header + lines * lineHeight;

        Plot plot = PlotStyle.Create();
        plot.HideAxesAndGrid();
        plot.Layout.Frameless();
        plot.Axes.SetLimits(0, width, height, 0);
        for (int line = 0; line < lines; line++)
        {
            string[] names = row.Part == StudyPart.Part1
                ? classes
                : ["others", classes[line]];
            int top = Header + line * lineHeight;
            for (int i = 0; i < names.Length; i++)
                AddText(plot, rowLabel - 10, top + i * cell + cell / 2, names[i], Alignment.MiddleRight);
            for (int s = 0; s < splits.Length; s++)
            {
                int left = rowLabel + s * (group + GroupGap);
                if (line == 0)
                    AddText(plot, left + group / 2, 12, splits[s], Alignment.MiddleCenter, bold: true, size: 14);
                if (showsPublished)
                {
                    var published = row.PublishedConfusion(splits[s])![line];
                    AddMatrix(plot, left, top, cell, line == 0 ? "paper" : "", names, published.Rows);
                }
                AddMatrix(
                    plot, left + group - matrix, top, cell, line == 0 && row.IsOfStudy ? "ours" : "", names,
                    result.Of(splits[s])!.Confusion[line]);
            }
        }
        return PlotStyle.Png(plot, width, height);
    }

    private static string Name(string name)
    {
        string drawable = PlotStyle.Drawable(name);
        return drawable.Length <= LongestName ? drawable : drawable[..(LongestName - 3)] + "...";
    }

    private static void AddMatrix(
        Plot plot, int left, int top, int cell, string whose, string[] names, IReadOnlyList<long[]> counts)
    {
        int matrix = names.Length * cell;
        AddText(plot, left + matrix / 2, top - 14, whose, Alignment.MiddleCenter);
        for (int actual = 0; actual < names.Length; actual++)
        {
            double total = Math.Max(1, counts[actual].Sum());
            for (int predicted = 0; predicted < names.Length; predicted++)
            {
                double share = counts[actual][predicted] / total;
                double x = left + predicted * cell, y = top + actual * cell;
                Rectangle area = plot.Add.Rectangle(x + 1, x + cell - 1, y + 1, y + cell - 1);
                area.FillColor = Cold.MixedWith(Hot, share);
                area.LineWidth = 0;
                Text number = AddText(
                    plot, x + cell / 2, y + cell / 2,
                    counts[actual][predicted].ToString("N0", CultureInfo.InvariantCulture), Alignment.MiddleCenter,
                    bold: true, size: 14);
                number.LabelFontColor = share > 0.45 ? Colors.White : OnCold;
            }
        }
        for (int predicted = 0; predicted < names.Length; predicted++)
            AddText(
                plot, left + predicted * cell + cell / 2, top + matrix + 13, names[predicted], Alignment.MiddleCenter,
                size: 11);
    }

    private static Text AddText(
        Plot plot, double x, double y, string text, Alignment alignment, bool bold = false, float size = 12)
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
