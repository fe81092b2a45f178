using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How the sums of backward-weights are divided into tasks, as the shape alone decides.</summary>
/// <param name="ChannelTiles">Tiles of output channels.</param>
/// <param name="Slices">Slices of the batch's output rows; each has partial sums of its own.</param>
/// <param name="RowsASlice">Output rows, counted through the batch, in a slice.</param>
/// <param name="RowsAChunk">Output rows whose pixels stay in cache while all taps pass over them.</param>
internal readonly record struct WeightGrid(int ChannelTiles, int Slices, int RowsASlice, int RowsAChunk)
{
    // Enough for the cores of a large processor; more slices would mean more partial sums to add up.
    private const int WantedTasks = 64;

    // 448 pixels of 64 channels are 115 kB, so that input and gradient stay in a second-level cache of 512 kB.
    private const int PixelsAChunk = 448;

    /// <summary>Number of tasks.</summary>
    public int Tasks => ChannelTiles * Slices;

    /// <summary>Divides a convolution.</summary>
    public static WeightGrid Of(in ConvolutionShape shape, int tileRows)
    {
        int tiles = Ceiling.Divide(shape.K, tileRows), rows = shape.N * shape.P;
        int chunk = Math.Clamp(PixelsAChunk / shape.Q, 1, rows);
        int chunks = Ceiling.Divide(rows, chunk);
        int chunksASlice = Ceiling.Divide(chunks, Math.Clamp(Ceiling.Divide(WantedTasks, tiles), 1, chunks));
        return new WeightGrid(tiles, Ceiling.Divide(chunks, chunksASlice), chunksASlice * chunk, chunk);
    }
}
