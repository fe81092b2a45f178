using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Mean and sum of squared differences from it, of channels over some pixels, by a group of threads on a GPU.
/// </summary>
internal static class PixelMoments
{
    /// <summary>
    /// Writes those of four channels to <c>moments [slices, 2, C]</c>; all threads of the group call it.
    /// </summary>
    /// <remarks>
    /// Differences from the first value, a sample of the channel: unlike <c>mean(x²) - mean(x)²</c> they cancel only
    /// where that sample is many standard deviations from the mean, and there in these pixels alone.
    /// </remarks>
    /// <param name="moments">Where they go.</param>
    /// <param name="shared">Shared memory, a quad for each thread.</param>
    /// <param name="x"><c>[pixels, C]</c></param>
    /// <param name="slice">The place of these pixels in the moments.</param>
    /// <param name="begin">The first pixel.</param>
    /// <param name="end">The one after the last.</param>
    /// <param name="quads">Quads of channels.</param>
    /// <param name="quad">The thread's; it may be past the last.</param>
    /// <param name="rows">Pixels that the group reads at once, a power of two.</param>
    /// <param name="rowLength">Threads that read one pixel, one after the other.</param>
    public static void Write<TElements>(
        ArrayView<float> moments, ArrayView<Float4> shared, ArrayView<float> x, int slice, int begin, int end,
        int quads, int quad, int rows, int rowLength)
        where TElements : struct, ITensorElements
    {
        int row = Group.IdxX / rowLength;
        Float4 sum = default, square = default, shift = default;
        if (quad < quads)
        {
            shift = TElements.Read(x, begin * quads + quad);
            for (int pixel = begin + row; pixel < end; pixel += rows)
            {
                Float4 difference = TElements.Read(x, pixel * quads + quad) - shift;
                sum += difference;
                square += difference * difference;
            }
        }
        sum = PixelGroup.SumRows(shared, sum, rows, rowLength);
        square = PixelGroup.SumRows(shared, square, rows, rowLength);
        if (row != 0 | quad >= quads)
            return;
        float inverse = 1f / (end - begin);
        moments.Cast<Float4>()[slice * 2 * quads + quad] = shift + sum * inverse;
        moments.Cast<Float4>()[(slice * 2 + 1) * quads + quad] = square - sum * sum * inverse;
    }
}
