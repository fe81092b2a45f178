using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Image;

namespace IlgpuCxr.Explain;

/// <summary>Draws a heat map over an image.</summary>
internal static class Overlay
{
    // At the map's maximum: enough to see, little enough to see through.
    private const double Opacity = 0.55;

    /// <summary>A PNG of the image, coloured where the map is above 0.</summary>
    /// <param name="size">The image's size.</param>
    /// <param name="pixels">Its bytes, <c>[H, W, C]</c>.</param>
    /// <param name="map">What to draw.</param>
    /// <param name="crop">The part of the image that the map is of.</param>
    public static byte[] Draw(ImageSize size, ReadOnlySpan<byte> pixels, HeatMap map, CropBox crop)
    {
        var drawn = new byte[size.Width * size.Height * 3];
        for (int y = 0; y < size.Height; y++)
            for (int x = 0; x < size.Width; x++)
            {
                int at = y * size.Width + x;
                bool inside = (uint)(y - crop.Top) < (uint)crop.Height && (uint)(x - crop.Left) < (uint)crop.Width;
                double heat = inside
                    ? map.At((y - crop.Top + 0.5) / crop.Height, (x - crop.Left + 0.5) / crop.Width)
                    : 0;
                for (int c = 0; c < 3; c++)
                {
                    byte level = pixels[at * size.Channels + (size.Channels == 1 ? 0 : c)];
                    drawn[at * 3 + c] = (byte)Math.Round(level + heat * Opacity * (Colour(heat, c) - level));
                }
            }
        return PngFile.Encode(drawn, size with { Channels = 3 });
    }

    /// <summary>
    /// From blue by green and yellow to red, as the authors of Grad-CAM draw it (MATLAB's "jet"): 0 to 255.
    /// </summary>
    private static double Colour(double heat, int channel) =>
        255 * Math.Clamp(1.5 - Math.Abs(4 * heat - (3 - channel)), 0, 1);
}
