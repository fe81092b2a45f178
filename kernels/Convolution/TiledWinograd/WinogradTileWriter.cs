using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Writes the 4x4 results of a Winograd tile, one channel of them, as far as there is an image.</summary>
/// <remarks>
/// What has to be read for them, what they are added to and a ReLU's mask, is all read before any is written.
/// </remarks>
/// <typeparam name="TResult">Where results go.</typeparam>
internal readonly struct WinogradTileWriter<TResult>
    where TResult : struct, ITiledResult
{
    private readonly TResult result;
    private readonly int firstPixel, rowsLeft, columnsLeft, width, channel;

    /// <param name="result">Where results go; a row is a pixel, a column a channel.</param>
    /// <param name="tiles">The tiles of the images.</param>
    /// <param name="tile">The tile, which an image has: at least one pixel of it is written.</param>
    /// <param name="channel">The channel.</param>
    public WinogradTileWriter(TResult result, TiledWinogradTiles tiles, int tile, int channel)
    {
        this.result = result;
        this.channel = channel;
        int n = tiles.Image(tile, out int row, out int column);
        width = tiles.Width;
        rowsLeft = tiles.Height - row;
        columnsLeft = tiles.Width - column;
        firstPixel = (n * tiles.Height + row) * width + column;
    }

    /// <summary>Writes four rows.</summary>
    public void Write(Float4 row0, Float4 row1, Float4 row2, Float4 row3)
    {
        if (result.HasAddend)
        {
            row0 += Addends(0);
            row1 += Addends(1);
            row2 += Addends(2);
            row3 += Addends(3);
        }
        Float4 mask0 = default, mask1 = default, mask2 = default, mask3 = default;
        if (result.HasMask)
        {
            mask0 = Masks(0);
            mask1 = Masks(1);
            mask2 = Masks(2);
            mask3 = Masks(3);
        }
        Write(0, result.Finish(row0, mask0));
        Write(1, result.Finish(row1, mask1));
        Write(2, result.Finish(row2, mask2));
        Write(3, result.Finish(row3, mask3));
    }

    private void Write(int i, Float4 row)
    {
        if (i >= rowsLeft)
            return;
        ArrayView<float> view = result.View;
        view[Place(i, 0)] = row.X;
        if (columnsLeft > 1)
            view[Place(i, 1)] = row.Y;
        if (columnsLeft > 2)
            view[Place(i, 2)] = row.Z;
        if (columnsLeft > 3)
            view[Place(i, 3)] = row.W;
    }

    private Float4 Addends(int i)
    {
        ArrayView<float> addend = result.Addend;
        Float4 row;
        row.X = addend[result.AddendOffset(Offset(i, 0)) + channel];
        row.Y = addend[result.AddendOffset(Offset(i, 1)) + channel];
        row.Z = addend[result.AddendOffset(Offset(i, 2)) + channel];
        row.W = addend[result.AddendOffset(Offset(i, 3)) + channel];
        return row;
    }

    private Float4 Masks(int i)
    {
        ArrayView<float> mask = result.Mask;
        Float4 row;
        row.X = mask[Place(i, 0)];
        row.Y = mask[Place(i, 1)];
        row.Z = mask[Place(i, 2)];
        row.W = mask[Place(i, 3)];
        return row;
    }

    private int Place(int i, int j) => Offset(i, j) + result.Column(channel);

    // Past the edge the last pixel again, which takes no branch.
    private int Offset(int i, int j) =>
        result.Offset(firstPixel + Math.Min(i, rowsLeft - 1) * width + Math.Min(j, columnsLeft - 1));
}
