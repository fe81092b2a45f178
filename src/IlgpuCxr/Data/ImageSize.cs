namespace IlgpuCxr.Data;

/// <summary>The extents of a decoded image, <c>[H, W, C]</c> bytes.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Channels">1 for gray, 3 for interleaved red, green and blue.</param>
public readonly record struct ImageSize(int Width, int Height, int Channels)
{
    /// <summary>Number of bytes.</summary>
    public int Bytes => Width * Height * Channels;
}
