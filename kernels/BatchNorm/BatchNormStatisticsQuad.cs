using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// The statistics of a batch on a GPU: moments of slices of the pixels (<see cref="PixelSlices"/>), four channels per
/// thread, and their merging, as in <see cref="BatchNormQuad"/>.
/// </summary>
internal static class BatchNormStatisticsQuad
{
    /// <summary>Slices that <see cref="MergeStatistics"/> merges at most.</summary>
    /// <remarks>
    /// Each of its group's 32 rows then merges 32 slices, one after the other. By counting, merging more takes longer
    /// than a launch of <see cref="MergeSlices"/> before.
    /// </remarks>
    public const int MaxSlices = 1024;

    /// <summary>Slices that <see cref="MergeSlices"/> makes one of: two for each row of a group.</summary>
    public const int SlicesMerged = 2 * PixelGroup.Pixels;

    /// <summary>
    /// Mean and sum of squared differences from it, of each channel of one slice: <c>moments [slices, 2, C]</c>.
    /// </summary>
    public static void SliceMoments<TElements>(ArrayView<float> moments, ArrayView<float> input, PixelSlices slices)
        where TElements : struct, ITensorElements
    {
        ArrayView<Float4> rows = SharedMemory.Allocate<Float4>(PixelGroup.Quads * PixelGroup.Pixels);
        int begin = Grid.IdxY * slices.Length, end = Math.Min(slices.Pixels, begin + slices.Length);
        PixelMoments.Write<TElements>(
            moments, rows, input, Grid.IdxY, begin, end, slices.Quads.Divisor, PixelGroup.Quad,
            PixelGroup.Pixels, PixelGroup.Quads);
    }

    /// <summary>
    /// The moments of <see cref="SlicesMerged"/> slices, as those of one: <c>merged [slices / SlicesMerged, 2, C]</c>.
    /// They lie in x: of a convolution's block tiles there can be more than a grid's y has room for.
    /// </summary>
    public static void MergeSlices(ArrayView<float> merged, ArrayView<float> moments, PixelSlices slices)
    {
        int first = Grid.IdxX * SlicesMerged, quads = slices.Quads.Divisor, quad = PixelGroup.QuadOf(Grid.IdxY);
        MergeGroup(
            moments, first, Math.Min(slices.Count, first + SlicesMerged), quad, slices, out Float4 mean,
            out Float4 squares);
        if (PixelGroup.Row != 0 | quad >= quads)
            return;
        merged.Cast<Float4>()[Grid.IdxX * 2 * quads + quad] = mean;
        merged.Cast<Float4>()[(Grid.IdxX * 2 + 1) * quads + quad] = squares;
    }

    /// <summary>
    /// Merges the moments of all slices into <c>mean</c> and <c>inverseStd</c>, and updates the running statistics.
    /// </summary>
    public static void MergeStatistics(
        ArrayView<float> mean, ArrayView<float> inverseStd, ArrayView<float> runningMean, ArrayView<float> runningVar,
        ArrayView<float> moments, float momentum, float epsilon, PixelSlices slices)
    {
        int quads = slices.Quads.Divisor, quad = PixelGroup.Quad;
        MergeGroup(moments, 0, slices.Count, quad, slices, out Float4 batchMean, out Float4 squares);
        if (PixelGroup.Row != 0 | quad >= quads)
            return;
        Float4 variance = squares * (1f / slices.Pixels);
        mean.Cast<Float4>()[quad] = batchMean;
        inverseStd.Cast<Float4>()[quad] = Float4.InverseRoot(variance + Float4.Of(epsilon));
        runningMean.Cast<Float4>()[quad] = runningMean.Cast<Float4>()[quad] * (1 - momentum) + batchMean * momentum;
        runningVar.Cast<Float4>()[quad] =
            runningVar.Cast<Float4>()[quad] * (1 - momentum) + squares * (momentum / (slices.Pixels - 1));
    }

    /// <summary>
    /// Merges the slices from <paramref name="first"/> to <paramref name="end"/> - 1 within a group: each of its rows
    /// some of them, then the rows as a tree. Row 0 gets the whole.
    /// </summary>
    /// <remarks>
    /// <code>
    /// δ = mean b - mean a        mean = mean a + δ · b / (a + b)        squares = squares a + squares b + δ² · a b / (a + b)
    /// </code>
    /// merges a pixels with b others (Chan, Golub and LeVeque 1979).
    /// </remarks>
    private static void MergeGroup(
        ArrayView<float> moments, int first, int end, int quad, PixelSlices slices, out Float4 mean, out Float4 squares)
    {
        ArrayView<Float4> rowMeans = SharedMemory.Allocate<Float4>(PixelGroup.Quads * PixelGroup.Pixels);
        ArrayView<Float4> rowSquares = SharedMemory.Allocate<Float4>(PixelGroup.Quads * PixelGroup.Pixels);
        ArrayView<int> rowCounts = SharedMemory.Allocate<int>(PixelGroup.Quads * PixelGroup.Pixels);
        ArrayView<Float4> parts = moments.Cast<Float4>();
        int quads = slices.Quads.Divisor, count = 0;
        mean = default;
        squares = default;
        if (quad < quads)
        {
            for (int slice0 = first + PixelGroup.Row; slice0 < end; slice0 += 4 * PixelGroup.Pixels)
            {
                int slice1 = slice0 + PixelGroup.Pixels, slice2 = slice1 + PixelGroup.Pixels;
                int slice3 = slice2 + PixelGroup.Pixels;
                SliceQuad part0 = SliceQuad.Read(parts, slice0, end, quads, quad);
                SliceQuad part1 = SliceQuad.Read(parts, slice1, end, quads, quad);
                SliceQuad part2 = SliceQuad.Read(parts, slice2, end, quads, quad);
                SliceQuad part3 = SliceQuad.Read(parts, slice3, end, quads, quad);
                Merge(ref count, ref mean, ref squares, PixelsOf(slice0, end, slices), part0.Upper, part0.Lower);
                Merge(ref count, ref mean, ref squares, PixelsOf(slice1, end, slices), part1.Upper, part1.Lower);
                Merge(ref count, ref mean, ref squares, PixelsOf(slice2, end, slices), part2.Upper, part2.Lower);
                Merge(ref count, ref mean, ref squares, PixelsOf(slice3, end, slices), part3.Upper, part3.Lower);
            }
        }
        rowMeans[Group.IdxX] = mean;
        rowSquares[Group.IdxX] = squares;
        rowCounts[Group.IdxX] = count;
        Group.Barrier();
        for (int half = PixelGroup.Pixels / 2; half > 0; half >>= 1)
        {
            if (PixelGroup.Row < half)
            {
                int other = Group.IdxX + half * PixelGroup.Quads;
                Merge(ref count, ref mean, ref squares, rowCounts[other], rowMeans[other], rowSquares[other]);
                rowMeans[Group.IdxX] = mean;
                rowSquares[Group.IdxX] = squares;
                rowCounts[Group.IdxX] = count;
            }
            Group.Barrier();
        }
    }

    private static int PixelsOf(int slice, int end, PixelSlices slices) =>
        slice < end ? Math.Min(slices.Length, slices.Pixels - slice * slices.Length) : 0;

    private static void Merge(
        ref int count, ref Float4 mean, ref Float4 squares, int others, Float4 otherMean, Float4 otherSquares)
    {
        if (others == 0)
            return;
        int all = count + others;
        float share = (float)others / all;
        Float4 difference = otherMean - mean;
        mean += difference * share;
        squares += otherSquares + difference * difference * (share * count);
        count = all;
    }
}
