using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The Winograd tiles of 4x4 outputs that cover the images of a tensor, and where what belongs to them lies.
/// </summary>
/// <remarks>
/// A kernel's index is a tile and a channel, so that neighbouring threads have neighbouring channels. Element
/// <c>e = 6 i + j</c> of a transformed tile, in row i and column j, lies at
/// <c>tile · TileStep + e · ElementStep + channel</c>.
/// <para>
/// These are 15 integers. With 16 it would be kept in local memory in a process that has compiled a kernel of
/// warpgroups before: ILGPU 1.5.3 takes structures of as many integers for one type, with the fields of the first,
/// which is then four times four registers (docs/gpu-notes.md).
/// </para>
/// </remarks>
internal readonly struct TiledWinogradTiles
{
    private readonly FastDivisor byChannels, byTileColumns, byTileRows;

    /// <param name="images">The tensor, <c>[N, H, W, C]</c>.</param>
    /// <param name="padding">Rows and columns by which the first tile begins before an image.</param>
    /// <param name="outputs">The tensor whose pixels the tiles are 4x4 of: the same, or what is computed from it.</param>
    /// <param name="tileStep">Floats from a tile to the next.</param>
    /// <param name="elementStep">Floats from an element of a transformed tile to the next.</param>
    public TiledWinogradTiles(TensorShape images, int padding, TensorShape outputs, int tileStep, int elementStep)
    {
        Images = images.N;
        Height = images.H;
        Width = images.W;
        Padding = padding;
        TileStep = tileStep;
        ElementStep = elementStep;
        byChannels = new FastDivisor(images.C);
        byTileColumns = new FastDivisor(Along(outputs.W));
        byTileRows = new FastDivisor(Along(outputs.H));
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

    /// <summary>Tiles of 4x4 pixels that cover a tensor.</summary>
    public static int Count(TensorShape outputs) => outputs.N * Along(outputs.H) * Along(outputs.W);

    /// <summary>The tile and the channel that an index is.</summary>
    public int Tile(int index, out int channel) => byChannels.Divide(index, out channel);

    /// <summary>The image of a tile, past the last for one that no image has, and its first row and column.</summary>
    public int Image(int tile, out int row, out int column)
    {
        int n = byTileRows.Divide(byTileColumns.Divide(tile, out column), out row);
        row = row * ConvolutionTiledWinogradPasses.Outputs - Padding;
        column = column * ConvolutionTiledWinogradPasses.Outputs - Padding;
        return n;
    }

    /// <summary>The offset of element 0 of a transformed tile.</summary>
    public int Transformed(int tile, int channel) => tile * TileStep + channel;

    private static int Along(int length) => Ceiling.Divide(length, ConvolutionTiledWinogradPasses.Outputs);
}
