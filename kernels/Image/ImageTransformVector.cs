using System.Runtime.InteropServices;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Image;

/// <summary>The image transform for the CPU: a <see cref="ResampledBand"/> of output rows per index.</summary>
/// <remarks>
/// Gray is computed once and replicated. The sums are the naive kernel's integers, so the results are equal.
/// </remarks>
internal static unsafe class ImageTransformVector
{
    private const int Levels = 256;

    /// <summary>Number of indices.</summary>
    public static int Bands(in ImageTransformShape shape) => shape.N * ResampledBand.CountFor(shape.Size);

    /// <summary>A band of rows of <c>output[n]</c>.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> output, ArrayView<byte> pixels, ArrayView<ImageTransformParameters> parameters,
        ImageTransformShape shape)
    {
        int size = shape.Size, bands = ResampledBand.CountFor(size), n = index / bands;
        ImageTransformParameters* image = parameters.Pointer() + n;
        var band = new ResampledBand(index % bands, image, pixels.Pointer() + image->Offset, size, size);
        float* levels = (float*)NativeMemory.Alloc(3 * Levels, sizeof(float));
        for (int i = 0; i < 3 * Levels; i++)
            levels[i] = ImageNormalization.Normalize(i % Levels, i / Levels);
        for (int p = band.Start; p < band.End; p++)
            Normalize(
                output.Pointer() + ((long)n * size + p) * size * 3, band.Row(p), levels, image->Channels, size,
                image->Flip != 0);
        NativeMemory.Free(levels);
        band.Free();
    }

    /// <summary>Flips and normalises one output row, three channels from one or three.</summary>
    private static void Normalize(float* output, int* resized, float* levels, int channels, int size, bool flip)
    {
        for (int q = 0; q < size; q++, output += 3)
        {
            int* pixel = resized + (flip ? size - 1 - q : q) * channels;
            output[0] = levels[pixel[0]];
            output[1] = levels[Levels + pixel[channels == 1 ? 0 : 1]];
            output[2] = levels[2 * Levels + pixel[channels == 1 ? 0 : 2]];
        }
    }
}
