namespace IlgpuCxr.Data;

/// <summary>Reads image files. Safe for use from several threads at once.</summary>
public interface IImageDecoder
{
    /// <summary>Decodes a file into 8-bit gray or RGB.</summary>
    /// <param name="path">A PNG, JPEG, TIFF, WebP or BMP file.</param>
    /// <returns>The image's size, and its bytes <c>[H, W, C]</c>.</returns>
    /// <exception cref="IOException">The system fails to read it, whatever is in it.</exception>
    /// <exception cref="DataException">
    /// The file cannot be read, is not an image, is truncated or damaged, or is too large.
    /// </exception>
    (ImageSize Size, byte[] Pixels) Decode(string path);
}
