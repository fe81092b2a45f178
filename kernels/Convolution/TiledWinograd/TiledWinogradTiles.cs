using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>The tiles of 4x4 outputs that cover the images of a tensor, and where what belongs to them lies.</summary>
/// <remarks>
/// A kernel's index is a tile and a channel, so that neighbouring threads have neighbouring channels. Element
/// <c>i</c> of a transformed tile lies at <c>tile · TileStep + i · ElementStep + channel</c>.
/// <para>
/// These are 15 integers. With 16 it would be kept in local memory in a process that has compiled a kernel of
/// warpgroups before: ILGPU 1.5.3 takes structures of as many integers for one type, with the fields of the first,
/// which is then four times four registers (docs/gpu-notes.md).
/// </para>
/// </remarks>
internal readonly struct TiledWinogradTiles
{
    private readonly FastDivisor byChannels, byTileColumns, byTileRows;

    /// <param name="images"><c>[N, H, W, C]</c></param>
    /// <param name="padding">Rows and columns by which the first tile begins before the image.</param>
    /// <param name="tileRows">Tiles in a column of tiles that cover an image.</param>
    /// <param name="tileColumns">Tiles in a row of them.</param>
    /// <param name="tileStep">Floats from a tile to the next.</param>
    /// <param name="elementStep">Floats from an element of a transformed tile to the next.</param>
    public TiledWinogradTiles(
        TensorShape images, int padding, int tileRows, int tileColumns, int tileStep, int elementStep)
    {
        Images = images.N;
        Height = images.H;
        Width = images.W;
        Padding = padding;
        TileStep = tileStep;
        ElementStep = elementStep;
        byChannels = new FastDivisor(images.C);
        byTileColumns = new FastDivisor(tileColumns);
        byTileRows = new FastDivisor(tileRows);
    }

    /// <summary>Number of images.</summary>
    public int Images { get; }

    /// <summary>Their rows.</summary>
    public int Height { get; }

    /// <summary>Their columns.</summary>
    public int Width { get; }

    /// <summary>Their channels.</summary>
    public int Channels => byChannels.Divisor;

    /// <summary>Rows and columns by which the first tile begins before the image.</summary>
    public int Padding { get; }

    /// <summary>Floats from a tile to the next.</summary>
    public int TileStep { get; }

    /// <summary>Floats from an element of a transformed tile to the next.</summary>
    public int ElementStep { get; }

    /// <summary>The tile and the channel that an index is.</summary>
    public int Tile(int index, out int channel) => byChannels.Divide(index, out channel);

    /// <summary>The image of a tile, past the last for one that no image has, and its first row and column.</summary>
    public int Image(int tile, out int row, out int column)
    {
        int n = byTileRows.Divide(byTileColumns.Divide(tile, out column), out row);
        row = row * ConvolutionTiledWinograd.Outputs - Padding;
        column = column * ConvolutionTiledWinograd.Outputs - Padding;
        return n;
    }

    /// <summary>The offset of element 0 of a transformed tile.</summary>
    public int Transformed(int tile, int channel) => tile * TileStep + channel;
}
