using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Image;

/// <summary>The resize to bytes for the CPU: a <see cref="ResampledBand"/> per index.</summary>
internal static unsafe class ImageResizeVector
{
    /// <summary>Number of indices.</summary>
    public static int Bands(in ImageResizeShape shape) => shape.N * ResampledBand.CountFor(shape.MaxRows);

    /// <summary>A band of rows of an image; nothing where the image has fewer rows than the highest.</summary>
    public static void Forward(
        Index1D index, ArrayView<byte> output, ArrayView<byte> pixels, ArrayView<ImageResizeParameters> parameters,
        ImageResizeShape shape)
    {
        int bands = ResampledBand.CountFor(shape.MaxRows);
        ImageResizeParameters* image = parameters.Pointer() + index / bands;
        if (index % bands >= ResampledBand.CountFor(image->Height))
            return;
        ImageTransformParameters source = image->Source;
        var band = new ResampledBand(
            index % bands, &source, pixels.Pointer() + source.Offset, image->Width, image->Height);
        int pitch = image->Width * source.Channels;
        for (int p = band.Start; p < band.End; p++)
        {
            int* row = band.Row(p);
            byte* resized = output.Pointer() + image->Offset + (long)p * pitch;
            for (int i = 0; i < pitch; i++)
                resized[i] = (byte)row[i];
        }
        band.Free();
    }
}
