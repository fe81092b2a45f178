using ILGPU;
using IlgpuCxr.GradientChecks;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Image;

namespace IlgpuCxr.SelfTest;

/// <summary>The transform of images.</summary>
internal static class ImageChecks
{
    /// <summary>Gray and colour, rotated, cropped, enlarged and made smaller, flipped and not: bit for bit.</summary>
    public static double Images(ComputeDevice device, int size)
    {
        using var memory = new DeviceMemory(device);
        (ImageTransformReference.Bitmap Image, double Degrees, CropBox Crop, bool Flip)[] images =
        [
            (Picture(150, 100, 1), 17.5, new CropBox(3, 1, 140, 90), true),
            (Picture(71, 133, 3), -30, new CropBox(0, 20, 37, 49), false),
            (Picture(40, 40, 3), 0, new CropBox(0, 0, 40, 40), true),
        ];
        float[] expected =
            [.. images.SelectMany(i => ImageTransformReference.Forward(i.Image, i.Degrees, i.Crop, size, i.Flip))];
        long offset = 0;
        var parameters = new ImageTransformParameters[images.Length];
        for (int n = 0; n < images.Length; n++)
        {
            (ImageTransformReference.Bitmap image, double degrees, CropBox crop, bool flip) = images[n];
            parameters[n] = new ImageTransformParameters(
                offset, image.Width, image.Height, image.Channels,
                ImageRotation.ByDegrees(degrees, image.Width, image.Height), crop, flip ? 1 : 0);
            offset += image.Pixels.Length;
        }
        var shape = new ImageTransformShape(images.Length, size);
        Tensor output = memory.Tensor(shape.Output);
        ArrayView<byte> pixels = memory.Vector(images.SelectMany(i => i.Image.Pixels).ToArray());
        ArrayView<ImageTransformParameters> views = memory.Vector(parameters);
        memory.Run(() => ImageTransform.Forward(device, output, pixels, views, shape));
        return Deviation.Error(memory.Read(output), DeviceMemory.Widen(expected), _ => 1);
    }

    private static ImageTransformReference.Bitmap Picture(int width, int height, int channels)
    {
        var image = new ImageTransformReference.Bitmap(width, height, channels);
        for (int i = 0; i < image.Pixels.Length; i++)
            image.Pixels[i] = (byte)(i * 7 + i / width * 13);
        return image;
    }
}
