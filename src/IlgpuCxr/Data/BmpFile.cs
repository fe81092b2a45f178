using System.Buffers.Binary;
using System.Globalization;

namespace IlgpuCxr.Data;

/// <summary>Reads Windows bitmaps, which libvips does not: 1, 4, 8, 24 and 32 bits a pixel, uncompressed.</summary>
/// <remarks>
/// A file header of 14 bytes, an information header that begins with its own size, a palette of four bytes a colour
/// (three in the header of OS/2), then rows from the bottom to the top (from the top if the height is negative), each
/// filled to four bytes, blue before green before red. See Microsoft's
/// <see href="https://learn.microsoft.com/windows/win32/api/wingdi/ns-wingdi-bitmapinfoheader">BITMAPINFOHEADER</see>.
/// </remarks>
internal static class BmpFile
{
    private const int FileHeader = 14, Os2Header = 12, Uncompressed = 0, WithMasks = 3;

    // Red, green and blue of 32-bit files with masks: those that everybody writes.
    private static readonly uint[] UsualMasks = [0xFF0000, 0x00FF00, 0x0000FF];

    /// <summary>Whether a file's first bytes are a bitmap's.</summary>
    public static bool IsBmp(ReadOnlySpan<byte> file) => file.StartsWith("BM"u8);

    /// <summary>Decodes a file.</summary>
    /// <param name="file">All its bytes.</param>
    /// <returns>The image's size, and its bytes <c>[H, W, C]</c>; one channel if it has a palette of grays.</returns>
    /// <exception cref="InvalidDataException">The file is truncated or of a kind that this does not read.</exception>
    public static (ImageSize Size, byte[] Pixels) Decode(ReadOnlySpan<byte> file)
    {
        int header = Integer(file, FileHeader);
        bool os2 = header == Os2Header;
        int width = os2 ? Short(file, 18) : Integer(file, 18);
        int height = os2 ? Short(file, 20) : Integer(file, 22);
        int bits = Short(file, os2 ? 24 : 28), compression = os2 ? Uncompressed : Integer(file, 30);
        bool topDown = height < 0;
        height = topDown ? -height : height;
        bool readable = bits is 1 or 4 or 8 or 24 or 32
            && (compression == Uncompressed || compression == WithMasks && HasUsualMasks(file, bits));
        if (!readable)
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"bitmap with {bits} bits a pixel and compression {compression}, which is not supported"));
        const int longest = Kernels.Image.ImageTransformParameters.MaximumSide;
        if (width is < 1 or > longest || height is < 1 or > longest)
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"bitmap of {width}x{height} pixels; 1 to {longest} on a side are supported"));

        int stride = (width * bits + 31) / 32 * 4;
        ReadOnlySpan<byte> rows = Part(file, Integer(file, 10), stride * height);
        ReadOnlySpan<byte> palette = default;
        int entry = os2 ? 3 : 4;
        if (bits <= 8)
        {
            int colours = os2 ? 0 : Integer(file, 46);
            palette = Part(file, FileHeader + header, entry * (colours == 0 ? 1 << bits : colours));
        }
        var size = new ImageSize(width, height, IsGray(palette, entry) ? 1 : 3);
        var pixels = new byte[size.Bytes];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> row = rows.Slice((topDown ? y : height - 1 - y) * stride, stride);
            for (int x = 0; x < width; x++)
            {
                ReadOnlySpan<byte> colour = bits <= 8
                    ? Part(palette, entry * (row[x * bits / 8] >> (8 - bits - x * bits % 8) & ((1 << bits) - 1)), 3)
                    : row.Slice(x * bits / 8, 3);
                for (int c = 0; c < size.Channels; c++)
                    pixels[(y * width + x) * size.Channels + c] = colour[2 - c];
            }
        }
        return (size, pixels);
    }

    private static bool HasUsualMasks(ReadOnlySpan<byte> file, int bits)
    {
        for (int i = 0; i < UsualMasks.Length; i++)
        {
            if (bits != 32 || (uint)Integer(file, 54 + 4 * i) != UsualMasks[i])
                return false;
        }
        return true;
    }

    private static bool IsGray(ReadOnlySpan<byte> palette, int entry)
    {
        for (int i = 0; i + entry <= palette.Length; i += entry)
        {
            if (palette[i] != palette[i + 1] || palette[i] != palette[i + 2])
                return false;
        }
        return !palette.IsEmpty;
    }

    private static int Short(ReadOnlySpan<byte> file, int offset) =>
        BinaryPrimitives.ReadUInt16LittleEndian(Part(file, offset, 2));

    private static int Integer(ReadOnlySpan<byte> file, int offset) =>
        BinaryPrimitives.ReadInt32LittleEndian(Part(file, offset, 4));

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> file, int offset, int length)
    {
        if (offset < 0 || length < 0 || offset > file.Length - length)
            throw new InvalidDataException("truncated or damaged bitmap");
        return file.Slice(offset, length);
    }
}
