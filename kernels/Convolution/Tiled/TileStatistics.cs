using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Batch norm's statistics of a tile of the output, by the group that has just written it: it is read again while a cache has it.</summary>
internal static class TileStatistics
{
    /// <summary>Mean and sum of squared differences from it, of each column over the tile's rows: <c>statistics [row tiles, 2, columns]</c>.</summary>
    /// <remarks>As <c>BatchNormQuad.SliceStatistics</c> computes those of a slice, differences from the slice's first value included.</remarks>
    /// <param name="shared">Shared memory that nobody needs any more, a quad for each thread.</param>
    /// <param name="threads">Threads of the group.</param>
    /// <param name="result">What was written.</param>
    /// <param name="rowTile">The tile's place among the rows.</param>
    /// <param name="columnTile">Its place among the columns.</param>
    /// <param name="plan">The sizes; columns are quads, and the depth is one slice.</param>
    public static void Write<TRowSize, TColumnSize, TResult>(
        ArrayView<Float4> shared, int threads, TResult result, int rowTile, int columnTile, TiledPlan plan)
        where TRowSize : struct, ITiledSize
        where TColumnSize : struct, ITiledSize
        where TResult : struct, ITiledResult
    {
        int tileQuads = TColumnSize.Extent / 4, threadRows = threads / tileQuads, threadRow = Group.IdxX / tileQuads;
        int quads = plan.Columns / 4, quad = columnTile * tileQuads + Group.IdxX - threadRow * tileQuads;
        int begin = rowTile * TRowSize.Extent, end = Math.Min(plan.Rows, begin + TRowSize.Extent);
        ArrayView<Float4> x = result.View.Cast<Float4>();
        // All of the tile is written, and nobody reads factors any more.
        Group.Barrier();
        Float4 sum = default, square = default, shift = default;
        if (quad < quads)
        {
            shift = x[begin * quads + quad];
            for (int row = begin + threadRow; row < end; row += threadRows)
            {
                Float4 difference = x[row * quads + quad] - shift;
                sum += difference;
                square += difference * difference;
            }
        }
        sum = PixelSlices.SumRows(shared, sum, threadRows, tileQuads);
        square = PixelSlices.SumRows(shared, square, threadRows, tileQuads);
        if (threadRow != 0 | quad >= quads)
            return;
        float inverse = 1f / (end - begin);
        ArrayView<Float4> moments = result.Statistics.Cast<Float4>();
        moments[rowTile * 2 * quads + quad] = shift + sum * inverse;
        moments[(rowTile * 2 + 1) * quads + quad] = square - sum * sum * inverse;
    }
}
