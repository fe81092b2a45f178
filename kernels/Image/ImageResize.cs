using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Image;

/// <summary>
/// Rotates and resizes decoded images to bytes, each to a size of its own; <see cref="ImageResizeShape"/> has the
/// formula.
/// </summary>
public static class ImageResize
{
    // What a grid of CUDA has in y; a group goes on to further tiles.
    private const int MaxGroupsOfImage = 65535;

    /// <summary><c>output = resize(crop(rotate(image)))</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output">The resized images, one after another; where each begins is in its parameters.</param>
    /// <param name="pixels">The decoded images, one after another.</param>
    /// <param name="parameters"><c>[N]</c></param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">There are more or fewer parameters than images, or none.</exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Forward(
        ComputeDevice device, ArrayView<byte> output, ArrayView<byte> pixels,
        ArrayView<ImageResizeParameters> parameters, in ImageResizeShape shape)
    {
        Sizes.RequireElements(new TensorShape(shape.N, shape.MaxRows, shape.MaxPixels, 1));
        // How many bytes there must be stands in the parameters, on the device.
        Sizes.Require(device, parameters, shape.N);
        ImageResizeAlgorithm algorithm = Choose(device);
        using var timing = device.Timings.Measure("image resize", shape, algorithm, 0, pixels.Length + output.Length);
        if (algorithm == ImageResizeAlgorithm.Vector)
            device.Launch(ImageResizeVector.Forward, ImageResizeVector.Bands(shape), output, pixels, parameters, shape);
        else if (algorithm == ImageResizeAlgorithm.Group)
        {
            int groups = Math.Clamp(
                shape.MaxPixels / (ResampledTile.Extent * ResampledTile.Extent), 1, MaxGroupsOfImage);
            device.LaunchGrouped(
                ImageResizeGroup.Forward, new Index2D(shape.N, groups), ImageTransform.Specialization, output, pixels,
                parameters);
        }
        else
        {
            device.Launch(
                ImageResizeNaive.Forward, Sizes.Countable((long)shape.N * shape.MaxPixels), output, pixels, parameters,
                shape);
        }
    }

    /// <summary>The one place that chooses.</summary>
    private static ImageResizeAlgorithm Choose(ComputeDevice device) =>
        device.Forced<ImageResizeAlgorithm>()
        ?? (device.Kind == DeviceKind.Cpu ? ImageResizeAlgorithm.Vector : ImageResizeAlgorithm.Group);
}
