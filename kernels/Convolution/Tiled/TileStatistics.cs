using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// Batch norm's statistics of a block tile of the output, by the group that has just written it: it is read again while
/// a cache has it.
/// </summary>
internal static class TileStatistics
{
    /// <summary>Gives an output room for its statistics, which batch norm takes from it.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output">The output.</param>
    /// <param name="plan">Its product, in one slice.</param>
    /// <returns>The room, for <see cref="Write"/>.</returns>
    public static ArrayView<float> Attach(ComputeDevice device, Tensor output, TiledPlan plan)
    {
        var slices = PixelSlices.OfLength(plan.Rows, plan.Columns, plan.RowExtent);
        Tensor moments = device.Arena.Rent(new TensorShape(slices.Count, 1, 2, plan.Columns));
        output.Statistics = new PixelStatistics(moments, slices);
        return moments.View;
    }

    /// <summary>
    /// Mean and sum of squared differences from it, of each column over the block tile's rows:
    /// <c>statistics [block tiles of rows, 2, columns]</c>.
    /// </summary>
    /// <param name="shared">Shared memory that nobody needs any more, a quad for each thread.</param>
    /// <param name="threads">Threads of the group.</param>
    /// <param name="result">What was written.</param>
    /// <param name="rowTile">The block tile's place among the rows.</param>
    /// <param name="columnTile">Its place among the columns.</param>
    /// <param name="plan">The sizes; columns are quads, and the depth is one slice.</param>
    public static void Write<TRowExtent, TColumnExtent, TAccess, TResult>(
        ArrayView<Float4> shared, int threads, TResult result, int rowTile, int columnTile, TiledPlan plan)
        where TRowExtent : struct, ITileExtent
        where TColumnExtent : struct, ITileExtent
        where TAccess : struct, ITiledAccess
        where TResult : struct, ITiledResult
    {
        int tileQuads = TColumnExtent.Length / 4, quad = columnTile * tileQuads + (Group.IdxX & tileQuads - 1);
        int begin = rowTile * TRowExtent.Length, end = Math.Min(plan.Rows, begin + TRowExtent.Length);
        // All of the block tile is written, and nobody reads factors any more.
        Group.Barrier();
        if (TAccess.WritesBFloat16)
            PixelMoments.Write<BFloat16Elements>(
                result.Statistics, shared, result.View, rowTile, begin, end, plan.Columns / 4, quad,
                threads / tileQuads, tileQuads);
        else
            PixelMoments.Write<SingleElements>(
                result.Statistics, shared, result.View, rowTile, begin, end, plan.Columns / 4, quad,
                threads / tileQuads, tileQuads);
    }
}
