using ScottPlot;
using SkiaSharp;

namespace IlgpuCxr.Reports;

/// <summary>
/// How all plots look: on no background, in colours that can be read on white as well as on black, in a font of our
/// own.
/// </summary>
internal static class PlotStyle
{
    /// <summary>
    /// A machine with nothing but the .NET SDK may have no font at all, and text without a font is not drawn.
    /// </summary>
    public const string Font = "Inter";

    /// <summary>Pixels of the file for each pixel of the layout: sharp on dense screens.</summary>
    public const int Density = 2;

    /// <summary>The study's colours of the curves.</summary>
    public static readonly Color Train = Color.FromHex("#e5484d"), Validation = Color.FromHex("#3b82f6");

    /// <summary>Text, and lines that are not data.</summary>
    public static readonly Color Text = Color.FromHex("#6b7a90"), Grid = Text.WithAlpha(.18);
    public static readonly Color Frame = Text.WithAlpha(.55);

    static PlotStyle() => Fonts.FontResolvers.Insert(0, new EmbeddedFont());

    /// <summary>An empty plot.</summary>
    public static Plot Create()
    {
        var plot = new Plot { ScaleFactor = Density };
        plot.FigureBackground.Color = Colors.Transparent;
        plot.DataBackground.Color = Colors.Transparent;
        plot.Axes.Color(Text);
        plot.Axes.FrameColor(Frame);
        plot.Axes.Right.FrameLineStyle.IsVisible = false;
        plot.Axes.Top.FrameLineStyle.IsVisible = false;
        plot.Grid.MajorLineColor = Grid;
        foreach (IAxis axis in plot.Axes.GetAxes())
        {
            axis.TickLabelStyle.FontName = Font;
            axis.TickLabelStyle.FontSize = 12;
            axis.Label.FontName = Font;
            axis.Label.FontSize = 13;
            axis.Label.Bold = false;
        }
        plot.Axes.Title.Label.FontName = Font;
        plot.Axes.Title.Label.FontSize = 14;
        plot.Axes.Title.Label.ForeColor = Text;
        return plot;
    }

    /// <summary>Draws a plot as a PNG file's bytes.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="width">Of the layout, in pixels.</param>
    /// <param name="height">Of the layout, in pixels.</param>
    public static byte[] Png(Plot plot, int width, int height) =>
        plot.GetImageBytes(width * Density, height * Density, ImageFormat.Png);

    /// <summary>
    /// Text as it can be drawn: a question mark for each letter that the font lacks, where otherwise nothing would be.
    /// </summary>
    /// <param name="text">Such as the name of a class, which is the user's.</param>
    public static string Drawable(string text) => string.Concat(
        text.EnumerateRunes().Select(letter => EmbeddedFont.Has(letter.Value) ? letter.ToString() : "?"));

    /// <summary>Two weights of Inter, cut down to the characters that are used; see Fonts/OFL.txt.</summary>
    private sealed class EmbeddedFont : IFontResolver
    {
        private static readonly Lazy<SKTypeface> Regular = new(() => Read("Inter-Regular.otf"));
        private static readonly Lazy<SKTypeface> SemiBold = new(() => Read("Inter-SemiBold.otf"));

        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            fontName != Font ? null : weight > FontWeight.Medium ? SemiBold.Value : Regular.Value;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
            CreateTypeface(
                fontName, bold ? FontWeight.SemiBold : FontWeight.Normal, FontSlant.Upright, FontSpacing.Normal);

        public static bool Has(int letter) => Regular.Value.GetGlyph(letter) != 0;

        private static SKTypeface Read(string name)
        {
            using Stream stream = typeof(EmbeddedFont).Assembly.GetManifestResourceStream(name)!;
            using SKData data = SKData.Create(stream);
            return SKTypeface.FromData(data);
        }
    }
}
