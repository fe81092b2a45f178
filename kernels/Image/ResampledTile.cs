using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Image;

/// <summary>
/// 32x32 pixels of a rotated, cropped and resized image on a GPU, computed by a group of 256 threads.
/// </summary>
/// <remarks>
/// The naive kernels filter every row of a neighbourhood again for every output pixel, with a 64-bit division for every
/// weight. Here the group computes the weights of its 32 columns and 32 rows once, then goes down the source 32 rows at
/// a time: it narrows them to its columns in shared memory, and each thread adds what the rows give to its four pixels,
/// <c>(row, row + 8, row + 16, row + 24; column)</c>.
/// </remarks>
internal struct ResampledTile
{
    /// <summary>Rows and columns of a tile.</summary>
    public const int Extent = 32;

    /// <summary>Threads of a group.</summary>
    public const int Threads = Extent * RowsAtOnce;

    private const int RowsAtOnce = 8, MaxChannels = 3;

    // Weights of an output that fit the table: shrinking to a 12th, an X-ray of 2688 pixels to 224. What has more is
    // weighed tap by tap.
    private const int MaxTaps = 24;

    // One more than there are, for the lanes of a warp read the same tap of 32 neighbours: 24 apart they would meet in
    // four banks, eight in each; 25 apart each has its own.
    private const int WeightPitch = MaxTaps + 1, Weights = Extent * WeightPitch;

    private PixelSums pixels0;
    private PixelSums pixels8;
    private PixelSums pixels16;
    private PixelSums pixels24;

    /// <summary>The thread's column within its tile.</summary>
    public static int Column => Group.IdxX & Extent - 1;

    /// <summary>The first of the thread's rows within its tile.</summary>
    public static int Row => Group.IdxX >> 5;

    /// <summary>The row of the thread's pixel <paramref name="part"/>, from 0 to 3, within its tile.</summary>
    public static int RowOf(int part) => Row + part * RowsAtOnce;

    /// <summary>Tiles that cover a length.</summary>
    public static int Count(int length) => Ceiling.Divide(length, Extent);

    /// <summary>Computes a tile; all threads of the group call it together.</summary>
    /// <param name="pixels">The decoded images.</param>
    /// <param name="image">What to do; its flip is left to the caller.</param>
    /// <param name="top">The tile's first row.</param>
    /// <param name="left">The tile's first column.</param>
    /// <param name="height">Rows of the resized image.</param>
    /// <param name="width">Columns of the resized image.</param>
    public static ResampledTile Compute(
        ArrayView<byte> pixels, ImageTransformParameters image, int top, int left, int height, int width)
    {
        ArrayView<int> columnWeights = SharedMemory.Allocate<int>(Weights);
        ArrayView<int> rowWeights = SharedMemory.Allocate<int>(Weights);
        ArrayView<int> narrowed = SharedMemory.Allocate<int>(Extent * Extent * MaxChannels);
        CropBox crop = image.Crop;
        Fill(columnWeights, left, crop.Width, width);
        Fill(rowWeights, top, crop.Height, height);
        Group.Barrier();

        int q = left + Column, firstColumn = ResizeFilter.First(q, crop.Width, width);
        int endColumn = ResizeFilter.End(q, crop.Width, width);
        int columnTotal = ResizeFilter.Total(q, crop.Width, width);
        int bottom = ResizeFilter.End(Math.Min(top + Extent, height) - 1, crop.Height, height);
        ResampledTile tile = default;
        for (int start = ResizeFilter.First(top, crop.Height, height); start < bottom; start += Extent)
        {
            int end = Math.Min(start + Extent, bottom);
            for (int y = start + Row; y < end; y += RowsAtOnce)
            {
                PixelSums line = default;
                if (q < width)
                {
                    for (int x = firstColumn; x < endColumn; x++)
                    {
                        int weight = Weight(
                            columnWeights, Column, x, firstColumn, endColumn, q, crop.Width, width, columnTotal);
                        line.AddRotated(pixels, image, crop.Left + x, crop.Top + y, weight);
                    }
                }
                line.StoreLevels(narrowed, ((y - start) * Extent + Column) * MaxChannels, image.Channels);
            }
            Group.Barrier();
            tile.pixels0.AddRows(narrowed, rowWeights, top, RowOf(0), start, end, crop.Height, height, image.Channels);
            tile.pixels8.AddRows(narrowed, rowWeights, top, RowOf(1), start, end, crop.Height, height, image.Channels);
            tile.pixels16.AddRows(narrowed, rowWeights, top, RowOf(2), start, end, crop.Height, height, image.Channels);
            tile.pixels24.AddRows(narrowed, rowWeights, top, RowOf(3), start, end, crop.Height, height, image.Channels);
            // Also between this tile's last rows and the next tile's weights.
            Group.Barrier();
        }
        return tile;
    }

    /// <summary>
    /// The level of channel <paramref name="c"/> of the thread's pixel <paramref name="part"/>, from 0 to 3.
    /// </summary>
    public readonly int Level(int part, int c) =>
        part == 0 ? pixels0.Level(c) : part == 1 ? pixels8.Level(c) : part == 2 ? pixels16.Level(c) : pixels24.Level(c);

    /// <summary>The weights of 32 outputs from <paramref name="first"/> on.</summary>
    private static void Fill(ArrayView<int> weights, int first, int length, int size)
    {
        for (int i = Group.IdxX; i < Extent * MaxTaps; i += Threads)
        {
            int local = i / MaxTaps, tap = i - local * MaxTaps, q = first + local;
            int begin = ResizeFilter.First(q, length, size), end = ResizeFilter.End(q, length, size);
            if (q < size && tap < end - begin && end - begin <= MaxTaps)
                weights[local * WeightPitch + tap] = ResizeFilter.Weight(
                    q, begin + tap, length, size, ResizeFilter.Total(q, length, size));
        }
    }

    private static int Weight(
        ArrayView<int> weights, int local, int x, int first, int end, int q, int length, int size, int total) =>
        end - first <= MaxTaps
        ? weights[local * WeightPitch + x - first]
        : ResizeFilter.Weight(q, x, length, size, total);

    /// <summary>The sums of a pixel's channels, in 2⁻²² of a level; of gray only the first is used.</summary>
    private struct PixelSums
    {
        private int red;
        private int green;
        private int blue;

        /// <summary>Adds a pixel of the rotated image; outside of it all is 0.</summary>
        public void AddRotated(ArrayView<byte> pixels, ImageTransformParameters image, int x, int y, int weight)
        {
            int column = image.Rotation.Column(x, y), row = image.Rotation.Row(x, y);
            if (column < 0 || column >= image.Width || row < 0 || row >= image.Height)
                return;
            long at = image.Offset + (row * image.Width + column) * image.Channels;
            red += pixels[at] * weight;
            if (image.Channels == 1)
                return;
            green += pixels[at + 1] * weight;
            blue += pixels[at + 2] * weight;
        }

        /// <summary>
        /// Adds those of the narrowed rows from <paramref name="start"/> to <paramref name="end"/> that have a weight
        /// for the row <paramref name="local"/> of the tile.
        /// </summary>
        public void AddRows(
            ArrayView<int> narrowed, ArrayView<int> weights, int top, int local, int start, int end, int length,
            int size, int channels)
        {
            int p = top + local, first = ResizeFilter.First(p, length, size), last = ResizeFilter.End(p, length, size);
            if (p >= size)
                return;
            int total = last - first <= MaxTaps ? 0 : ResizeFilter.Total(p, length, size);
            for (int y = Math.Max(first, start); y < Math.Min(last, end); y++)
            {
                int weight = Weight(weights, local, y, first, last, p, length, size, total);
                int at = ((y - start) * Extent + Column) * MaxChannels;
                red += narrowed[at] * weight;
                if (channels == 1)
                    continue;
                green += narrowed[at + 1] * weight;
                blue += narrowed[at + 2] * weight;
            }
        }

        public readonly void StoreLevels(ArrayView<int> levels, int at, int channels)
        {
            levels[at] = Level(0);
            if (channels == 1)
                return;
            levels[at + 1] = Level(1);
            levels[at + 2] = Level(2);
        }

        public readonly int Level(int c) =>
            ((c == 0 ? red : c == 1 ? green : blue) + ResizeFilter.Half) >> ResizeFilter.Bits;
    }
}
