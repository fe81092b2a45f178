using NetVips;

namespace IlgpuCxr.Phantoms;

/// <summary>Writes 8-bit gray PNG files, whole or not at all.</summary>
internal static class PhantomPng
{
    /// <summary>Writes an image, as <see cref="AtomicFile.Write"/> does.</summary>
    public static void Write(string path, byte[] pixels, int width, int height)
    {
        using Image image = Image.NewFromMemory(pixels, width, height, bands: 1, Enums.BandFormat.Uchar);
        AtomicFile.Write(path, image.PngsaveBuffer(compression: 6, keep: Enums.ForeignKeep.None));
    }
}
