using ILGPU;

namespace IlgpuCxr.Kernels.Image;

/// <summary>The image transform on a GPU: a <see cref="ResampledTile"/> per group.</summary>
internal static class ImageTransformGroup
{
    /// <summary>
    /// A tile of <c>output[n]</c>, <c>Grid.IdxX = (n · rows + row) · columns + column</c> of the tiles.
    /// </summary>
    /// <remarks>
    /// All of them in one dimension: neither images nor tiles are bounded by the 65535 that a grid has in the others.
    /// </remarks>
    public static void Forward(
        ArrayView<float> output, ArrayView<byte> pixels, ArrayView<ImageTransformParameters> parameters,
        ImageTransformShape shape)
    {
        int size = shape.Size, columns = ResampledTile.Count(size), line = Grid.IdxX / columns, n = line / columns;
        int top = line % columns * ResampledTile.Extent, left = Grid.IdxX % columns * ResampledTile.Extent;
        ImageTransformParameters image = parameters[n];
        ResampledTile tile = ResampledTile.Compute(pixels, image, top, left, size, size);
        int column = left + ResampledTile.Column;
        if (column >= size)
            return;
        int q = image.Flip != 0 ? size - 1 - column : column;
        Store(output, tile, 0, n, top, q, size, image.Channels);
        Store(output, tile, 1, n, top, q, size, image.Channels);
        Store(output, tile, 2, n, top, q, size, image.Channels);
        Store(output, tile, 3, n, top, q, size, image.Channels);
    }

    private static void Store(
        ArrayView<float> output, ResampledTile tile, int part, int n, int top, int q, int size, int channels)
    {
        int p = top + ResampledTile.RowOf(part), at = ((n * size + p) * size + q) * 3;
        if (p >= size)
            return;
        output[at] = ImageNormalization.Normalize(tile.Level(part, 0), 0);
        output[at + 1] = ImageNormalization.Normalize(tile.Level(part, channels == 1 ? 0 : 1), 1);
        output[at + 2] = ImageNormalization.Normalize(tile.Level(part, channels == 1 ? 0 : 2), 2);
    }
}
