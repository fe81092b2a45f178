using ILGPU;
using ILGPU.Runtime;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Image;

/// <summary>
/// From decoded images to a normalised batch in one kernel: rotation, crop, antialiased resize, flip, normalisation;
/// <see cref="ImageTransformShape"/> has the formula, <see cref="ImageTransformReference"/> the definition.
/// </summary>
public static class ImageTransform
{
    // Two groups of 256 threads on a multiprocessor, at 128 registers per thread; the 80 of three groups spill eight
    // bytes.
    internal static KernelSpecialization Specialization => new(ResampledTile.Threads, 2);

    /// <summary><c>output = normalise(flip(resize(crop(rotate(image)))))</c></summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="output"><c>[N, S, S, 3]</c></param>
    /// <param name="pixels">The decoded images, one after another; where each begins is in its parameters.</param>
    /// <param name="parameters"><c>[N]</c></param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">
    /// The output or the parameters have another size than the shape says.
    /// </exception>
    /// <exception cref="DeviceException">An algorithm is forced that the device cannot run.</exception>
    public static void Forward(
        ComputeDevice device, Tensor output, ArrayView<byte> pixels, ArrayView<ImageTransformParameters> parameters,
        in ImageTransformShape shape)
    {
        // How many pixels there must be stands in the parameters, on the device.
        Sizes.Require(output, shape.Output);
        Sizes.Require(device, parameters, shape.N);
        ImageTransformAlgorithm algorithm = Choose(device);
        double bytes = pixels.Length + sizeof(float) * (double)shape.Output.Count;
        using var timing = device.Timings.Measure("image transform", shape, algorithm, 0, bytes);
        output.DropStatistics();
        if (algorithm == ImageTransformAlgorithm.Vector)
            device.Launch(
                ImageTransformVector.Forward, ImageTransformVector.Bands(shape), output.View, pixels, parameters,
                shape);
        else if (algorithm == ImageTransformAlgorithm.Group)
        {
            int tiles = ResampledTile.Count(shape.Size);
            device.LaunchGrouped(
                ImageTransformGroup.Forward, new Index2D(Sizes.Countable((long)tiles * tiles * shape.N), 1),
                Specialization, output.View, pixels, parameters, shape);
        }
        else
        {
            device.Launch(ImageTransformNaive.Forward, shape.Output.Pixels, output.View, pixels, parameters, shape);
        }
    }

    /// <summary>The one place that chooses.</summary>
    private static ImageTransformAlgorithm Choose(ComputeDevice device) =>
        device.Forced<ImageTransformAlgorithm>()
        ?? (device.Kind == DeviceKind.Cpu ? ImageTransformAlgorithm.Vector : ImageTransformAlgorithm.Group);
}
