using ILGPU;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The pixels under a Winograd tile, one channel of them, with zeros where there is no image.</summary>
internal readonly struct WinogradTilePixels
{
    private readonly ArrayView<float> images;
    private readonly int start, row, column, height, width, channels;

    /// <param name="images"><c>[N, H, W, C]</c></param>
    /// <param name="tiles">The tiles of the images.</param>
    /// <param name="tile">The tile.</param>
    /// <param name="channel">The channel.</param>
    public WinogradTilePixels(ArrayView<float> images, TiledWinogradTiles tiles, int tile, int channel)
    {
        this.images = images;
        int n = tiles.Image(tile, out row, out column);
        height = n < tiles.Images ? tiles.Height : 0;
        width = tiles.Width;
        channels = tiles.Channels;
        start = ((n * height + row) * width + column) * channels + channel;
    }

    /// <summary>A pixel of the tile.</summary>
    /// <remarks>
    /// Outside, the first float of all is read and not used: a branch around the read would keep it from starting early.
    /// </remarks>
    public float this[int i, int j]
    {
        get
        {
            bool inside = (uint)(row + i) < (uint)height & (uint)(column + j) < (uint)width;
            float pixel = images[inside ? start + (i * width + j) * channels : 0];
            return inside ? pixel : 0f;
        }
    }
}
