using NetVips;

namespace IlgpuCxr.Data;

/// <summary>Encodes PNG files.</summary>
internal static class PngFile
{
    /// <summary>The bytes of a file.</summary>
    /// <param name="pixels"><c>[H, W, C]</c>, one channel of gray or three of colour.</param>
    /// <param name="size">The extents.</param>
    public static byte[] Encode(byte[] pixels, ImageSize size)
    {
        using Image image = Image.NewFromMemory(
            pixels, size.Width, size.Height, size.Channels, Enums.BandFormat.Uchar);
        using Image coloured = image.Copy(
            interpretation: size.Channels == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
        return coloured.PngsaveBuffer(compression: 6, keep: Enums.ForeignKeep.None);
    }
}
