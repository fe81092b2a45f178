using ILGPU;

namespace IlgpuCxr.Kernels.Image;

/// <summary>
/// The resize to bytes on a GPU: a group computes one <see cref="ResampledTile"/> of an image after another.
/// </summary>
internal static class ImageResizeGroup
{
    /// <summary>The tiles <c>Grid.IdxY, Grid.IdxY + Grid.DimY, …</c> of image <c>Grid.IdxX</c>.</summary>
    public static void Forward(
        ArrayView<byte> output, ArrayView<byte> pixels, ArrayView<ImageResizeParameters> parameters)
    {
        ImageResizeParameters image = parameters[Grid.IdxX];
        int columns = ResampledTile.Count(image.Width), tiles = columns * ResampledTile.Count(image.Height);
        for (int i = Grid.IdxY; i < tiles; i += Grid.DimY)
        {
            int top = i / columns * ResampledTile.Extent, left = i % columns * ResampledTile.Extent;
            ResampledTile tile = ResampledTile.Compute(pixels, image.Source, top, left, image.Height, image.Width);
            Store(output, tile, 0, image, top, left);
            Store(output, tile, 1, image, top, left);
            Store(output, tile, 2, image, top, left);
            Store(output, tile, 3, image, top, left);
        }
    }

    private static void Store(
        ArrayView<byte> output, ResampledTile tile, int part, ImageResizeParameters image, int top, int left)
    {
        int p = top + ResampledTile.RowOf(part), q = left + ResampledTile.Column, channels = image.Source.Channels;
        if (p >= image.Height || q >= image.Width)
            return;
        long at = image.Offset + (p * image.Width + q) * channels;
        output[at] = (byte)tile.Level(part, 0);
        if (channels == 1)
            return;
        output[at + 1] = (byte)tile.Level(part, 1);
        output[at + 2] = (byte)tile.Level(part, 2);
    }
}
