using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Image;

/// <summary>
/// Some rows of a rotated, cropped and resized image on the CPU, in two passes, with the weights computed once a band.
/// </summary>
/// <remarks>
/// The naive kernels filter every row of a neighbourhood again for every output pixel, and compute every weight again.
/// Here a row of the rotated image is gathered once, narrowed once, and kept for the output rows that need it.
/// </remarks>
internal readonly unsafe struct ResampledBand
{
    // Neighbouring bands both need the rows between them: with 32 output rows a band, about 3 % of the rows are
    // narrowed twice. Four bands for an image of 128 rows are enough to keep many threads busy with few images.
    private const int BandRows = 32;

    private readonly FilterWeights rows;
    private readonly int* narrowed;
    private readonly int* resized;
    private readonly int top;
    private readonly int pitch;

    /// <summary>Does the first pass.</summary>
    /// <param name="band">Index of the band.</param>
    /// <param name="image">What to do; its flip is left to the caller.</param>
    /// <param name="pixels">The image's first byte.</param>
    /// <param name="width">Columns of the resized image.</param>
    /// <param name="height">Rows of the resized image.</param>
    public ResampledBand(int band, ImageTransformParameters* image, byte* pixels, int width, int height)
    {
        Start = band * BandRows;
        End = Math.Min(height, Start + BandRows);
        int channels = image->Channels;
        pitch = width * channels;
        top = ResizeFilter.First(Start, image->Crop.Height, height);
        int bottom = ResizeFilter.End(End - 1, image->Crop.Height, height);
        rows = new FilterWeights(Start, End, image->Crop.Height, height);
        narrowed = Allocate<int>((bottom - top) * pitch);
        resized = Allocate<int>(pitch);

        FilterWeights columns = new(0, width, image->Crop.Width, width);
        byte* line = Allocate<byte>(image->Crop.Width * channels);
        for (int y = top; y < bottom; y++)
        {
            Rotate(line, pixels, image, y);
            if (channels == 1)
                Narrow(narrowed + (y - top) * pitch, line, columns);
            else
                NarrowRgb(narrowed + (y - top) * pitch, line, columns);
        }
        NativeMemory.Free(line);
        columns.Free();
    }

    /// <summary>The first row.</summary>
    public int Start { get; }

    /// <summary>One more than the last row.</summary>
    public int End { get; }

    /// <summary>Number of bands of an image with so many rows.</summary>
    public static int CountFor(int rows) => Ceiling.Divide(rows, BandRows);

    /// <summary>A row of the resized image, <c>[width, channels]</c>; valid until the next is asked for.</summary>
    /// <param name="p">From <see cref="Start"/> to <see cref="End"/> - 1.</param>
    public int* Row(int p)
    {
        Resize(resized, narrowed - top * pitch, pitch, rows, p);
        return resized;
    }

    /// <summary>Gives the memory back.</summary>
    public void Free()
    {
        rows.Free();
        NativeMemory.Free(narrowed);
        NativeMemory.Free(resized);
    }

    /// <summary>Gathers one row of the crop from the image that is rotated.</summary>
    private static void Rotate(byte* line, byte* pixels, ImageTransformParameters* image, int y)
    {
        int width = image->Width, height = image->Height, channels = image->Channels;
        ImageRotation rotation = image->Rotation;
        CropBox crop = image->Crop;
        if (rotation == ImageRotation.None)
        {
            Unsafe.CopyBlockUnaligned(
                line, pixels + ((crop.Top + y) * width + crop.Left) * channels, (uint)(crop.Width * channels));
            return;
        }
        int sourceX = rotation.X + rotation.XX * crop.Left + rotation.XY * (crop.Top + y);
        int sourceY = rotation.Y + rotation.YX * crop.Left + rotation.YY * (crop.Top + y);
        for (int x = 0; x < crop.Width; x++, sourceX += rotation.XX, sourceY += rotation.YX)
        {
            int column = sourceX >> 16, row = sourceY >> 16;
            bool inside = (uint)column < (uint)width & (uint)row < (uint)height;
            if (channels == 1)
            {
                line[x] = inside ? pixels[row * width + column] : (byte)0;
                continue;
            }
            for (int c = 0; c < channels; c++)
                line[x * channels + c] = inside ? pixels[(row * width + column) * channels + c] : (byte)0;
        }
    }

    /// <summary>The horizontal pass of one gray row.</summary>
    private static void Narrow(int* narrowed, byte* line, in FilterWeights taps)
    {
        for (int q = 0; q < taps.Count; q++)
        {
            byte* source = line + taps.First[q];
            int* weights = taps.Weights + q * taps.Pitch;
            int sum = ResizeFilter.Half;
            for (int i = 0; i < taps.Length[q]; i++)
                sum += source[i] * weights[i];
            narrowed[q] = sum >> ResizeFilter.Bits;
        }
    }

    /// <summary>The horizontal pass of one row of three channels.</summary>
    private static void NarrowRgb(int* narrowed, byte* line, in FilterWeights taps)
    {
        for (int q = 0; q < taps.Count; q++)
        {
            byte* source = line + taps.First[q] * 3;
            int* weights = taps.Weights + q * taps.Pitch;
            int red = ResizeFilter.Half, green = ResizeFilter.Half, blue = ResizeFilter.Half;
            for (int i = 0; i < taps.Length[q]; i++)
            {
                red += source[i * 3] * weights[i];
                green += source[i * 3 + 1] * weights[i];
                blue += source[i * 3 + 2] * weights[i];
            }
            narrowed[q * 3] = red >> ResizeFilter.Bits;
            narrowed[q * 3 + 1] = green >> ResizeFilter.Bits;
            narrowed[q * 3 + 2] = blue >> ResizeFilter.Bits;
        }
    }

    /// <summary>The vertical pass of one output row: a weighted sum of whole rows.</summary>
    private static void Resize(int* resized, int* narrowed, int pitch, in FilterWeights taps, int p)
    {
        int* source = narrowed + taps.First[p - taps.Start] * pitch;
        int* weights = taps.Weights + (p - taps.Start) * taps.Pitch;
        int length = taps.Length[p - taps.Start], i = 0;
        for (; i <= pitch - Vector<int>.Count; i += Vector<int>.Count)
        {
            var sum = new Vector<int>(ResizeFilter.Half);
            for (int row = 0; row < length; row++)
                sum += Vector.Load(source + row * pitch + i) * weights[row];
            Vector.Store(sum >> ResizeFilter.Bits, resized + i);
        }
        for (; i < pitch; i++)
        {
            int sum = ResizeFilter.Half;
            for (int row = 0; row < length; row++)
                sum += source[row * pitch + i] * weights[row];
            resized[i] = sum >> ResizeFilter.Bits;
        }
    }

    private static T* Allocate<T>(int count)
        where T : unmanaged =>
        (T*)NativeMemory.Alloc((nuint)count, (nuint)sizeof(T));

    /// <summary>The weights of consecutive outputs of a resize.</summary>
    private readonly struct FilterWeights
    {
        public FilterWeights(int start, int end, int length, int size)
        {
            Start = start;
            Count = end - start;
            // A triangle of reach r covers fewer than 2 r + 1 pixels.
            Pitch = 2 * Ceiling.Divide(Math.Max(length, size), size) + 1;
            First = Allocate<int>(Count);
            Length = Allocate<int>(Count);
            Weights = Allocate<int>(Count * Pitch);
            for (int i = 0; i < Count; i++)
            {
                int q = start + i, total = ResizeFilter.Total(q, length, size);
                First[i] = ResizeFilter.First(q, length, size);
                Length[i] = ResizeFilter.End(q, length, size) - First[i];
                for (int tap = 0; tap < Length[i]; tap++)
                    Weights[i * Pitch + tap] = ResizeFilter.Weight(q, First[i] + tap, length, size, total);
            }
        }

        /// <summary>The first output.</summary>
        public int Start { get; }

        /// <summary>Number of outputs.</summary>
        public int Count { get; }

        /// <summary>Weights from one output to the next: as many as an output can have.</summary>
        public int Pitch { get; }

        /// <summary>The first pixel of each output.</summary>
        public int* First { get; }

        /// <summary>The number of pixels of each output.</summary>
        public int* Length { get; }

        /// <summary><c>[Count, Pitch]</c></summary>
        public int* Weights { get; }

        public void Free()
        {
            NativeMemory.Free(First);
            NativeMemory.Free(Length);
            NativeMemory.Free(Weights);
        }
    }
}
