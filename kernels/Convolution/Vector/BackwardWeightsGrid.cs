using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>How the sums of backward-weights are divided into tasks, as the shape alone decides.</summary>
/// <param name="ChannelGroups">Groups of output channels.</param>
/// <param name="Slices">Slices of the batch's output rows; each has partial sums of its own.</param>
/// <param name="RowsPerSlice">Output rows, counted through the batch, in a slice.</param>
/// <param name="RowsPerChunk">Output rows whose pixels stay in cache while all taps pass over them.</param>
internal readonly record struct BackwardWeightsGrid(int ChannelGroups, int Slices, int RowsPerSlice, int RowsPerChunk)
{
    // 448 pixels of a panel's 14 channels are 25 kB, those of a group's 42 are 75 kB; with vectors of 256 bits, 6
    // channels 11 kB and 48 channels 86 kB: near the first level of cache, and in the second with much to spare.
    private const int PixelsPerChunk = 448, ChannelsPerGroup = 48;

    /// <summary>Number of tasks.</summary>
    public int Tasks => ChannelGroups * Slices;

    /// <summary>Output channels that share what is gathered of the input: whole register tiles.</summary>
    /// <param name="tileRows">Rows of a register tile.</param>
    public static int GroupOf(int tileRows) => ChannelsPerGroup / tileRows * tileRows;

    /// <summary>Divides a convolution.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="group">Output channels of a task.</param>
    public static BackwardWeightsGrid Of(in ConvolutionShape shape, int group)
    {
        int groups = Ceiling.Divide(shape.K, group), rows = shape.N * shape.P;
        int chunk = Math.Clamp(PixelsPerChunk / shape.Q, 1, rows);
        int chunks = Ceiling.Divide(rows, chunk);
        int chunksPerSlice = Ceiling.Divide(chunks, Math.Clamp(Ceiling.Divide(CpuTasks.Wanted, groups), 1, chunks));
        return new BackwardWeightsGrid(groups, Ceiling.Divide(chunks, chunksPerSlice), chunksPerSlice * chunk, chunk);
    }
}
