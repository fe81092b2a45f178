using NetVips;

namespace IlgpuCxr.Phantoms;

/// <summary>Writes 8-bit gray PNG files, whole or not at all.</summary>
internal static class PhantomPng
{
    /// <summary>
    /// Writes an image under a temporary name beside its place and renames it: who looks finds it whole or not at all.
    /// What an interrupted writer left behind under that name is overwritten.
    /// </summary>
    public static void Write(string path, byte[] pixels, int width, int height)
    {
        AtomicFile.Write(path, Encode(pixels, width, height));
    }

    /// <summary>The bytes of the file.</summary>
    public static byte[] Encode(byte[] pixels, int width, int height)
    {
        using Image image = Image.NewFromMemory(pixels, width, height, bands: 1, Enums.BandFormat.Uchar);
        return image.PngsaveBuffer(compression: 6, keep: Enums.ForeignKeep.None);
    }
}
