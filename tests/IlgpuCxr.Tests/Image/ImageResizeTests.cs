using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Image;
using IlgpuCxr.Tests.Operators;
using Bitmap = IlgpuCxr.Kernels.Image.ImageTransformReference.Bitmap;

namespace IlgpuCxr.Tests.Image;

/// <summary>
/// The study's Part 2: rotation, a resize of the short side to bytes, then crop, another resize and flip.
/// </summary>
/// <remarks>
/// The reference's rotation and its resize along each axis are proven by images that Pillow made
/// (<see cref="ImageTransformTests"/>); what is new here is that two resizes follow each other, that the first keeps
/// proportions, and torchvision's formula for its size.
/// </remarks>
public sealed class ImageResizeTests
{
    private static readonly Implementation[] Kernels =
        [Implementation.Naive, Implementation.NaiveThroughIlgpu, Implementation.Vector, Implementation.Gpu];

    // Shrinking and growing, wide, high and square, gray and coloured, rotated and not; the last has exactly the first
    // resize's size.
    private static readonly (int Width, int Height, int Channels, double Degrees, CropBox Crop, bool Flip)[] Images =
    [
        (150, 100, 1, 17.5, new CropBox(3, 1, 40, 36), false),
        (71, 133, 3, -30, new CropBox(0, 20, 37, 49), true),
        (90, 90, 1, 0, new CropBox(0, 0, 37, 37), true),
        (20, 31, 3, 4.25, new CropBox(10, 9, 5, 3), false),
        (37, 37, 3, 29, new CropBox(1, 2, 30, 33), false),
    ];

    [Test]
    public void Kernels_compute_the_reference_for_all_images_of_a_batch(
        [ValueSource(nameof(Kernels))] Implementation implementation, [Values(16, 33)] int size)
    {
        const int Side = 37;
        float[] expected =
        [
            .. Images.SelectMany(i => ImageTransformReference.Forward(
                Formula(i.Width, i.Height, i.Channels), i.Degrees, Side, i.Crop, size, i.Flip)),
        ];
        Assert.That(Transform(implementation, Side, size, threads: 2), Is.EqualTo(expected));
    }

    [TestCase(Implementation.Naive)]
    [TestCase(Implementation.Vector)]
    public void The_number_of_threads_does_not_change_a_bit(Implementation implementation) =>
        Assert.That(
            Transform(implementation, 70, 33, threads: 5), Is.EqualTo(Transform(implementation, 70, 33, threads: 1)));

    /// <summary>
    /// <c>resize</c> of torchvision 0.6's functional.py: <c>if w &lt; h: ow = size; oh = int(size * h / w) else: oh =
    /// size; ow = int(size * w / h)</c>.
    /// </summary>
    [TestCase(1024, 1024, 256, 256)]
    [TestCase(1000, 800, 320, 256)]
    [TestCase(800, 1001, 256, 320)]
    [TestCase(256, 300, 256, 300)]
    [TestCase(3, 2, 384, 256)]
    [TestCase(2000, 1999, 256, 256)]
    public void The_short_side_is_fixed_and_the_long_one_cut_off(
        int width, int height, int resizedWidth, int resizedHeight) =>
        Assert.That(ImageResizeParameters.ShortSide(width, height, 256), Is.EqualTo((resizedWidth, resizedHeight)));

    [Test]
    public void A_resize_to_the_same_size_changes_nothing()
    {
        Bitmap image = Formula(23, 17, 3);
        Assert.That(ImageTransformReference.Resize(image, 23, 17, flip: false).Pixels, Is.EqualTo(image.Pixels));
    }

    private static float[] Transform(Implementation implementation, int side, int size, int threads)
    {
        using ComputeDevice device = implementation.Open(threads)!;
        using var memory = new DeviceMemory(device);
        byte[] pixels = [.. Images.SelectMany(i => Formula(i.Width, i.Height, i.Channels).Pixels)];
        var resizes = new ImageResizeParameters[Images.Length];
        var transforms = new ImageTransformParameters[Images.Length];
        int offset = 0, resizedOffset = 0, rows = 0, most = 0;
        for (int n = 0; n < Images.Length; n++)
        {
            var (w, h, c, degrees, crop, flip) = Images[n];
            (int width, int height) = ImageResizeParameters.ShortSide(w, h, side);
            var source = new ImageTransformParameters(
                offset, w, h, c, ImageRotation.ByDegrees(degrees, w, h), new CropBox(0, 0, w, h), 0);
            resizes[n] = new ImageResizeParameters(source, resizedOffset, width, height);
            transforms[n] = new ImageTransformParameters(
                resizedOffset, width, height, c, ImageRotation.None, crop, flip ? 1 : 0);
            offset += w * h * c;
            resizedOffset += width * height * c;
            (rows, most) = (Math.Max(rows, height), Math.Max(most, width * height));
        }
        var shape = new ImageTransformShape(Images.Length, size);
        Tensor output = memory.Tensor(shape.Output);
        var resized = memory.Vector(new byte[resizedOffset]);
        var (pixelsView, resizesView, transformsView) =
            (memory.Vector(pixels), memory.Vector(resizes), memory.Vector(transforms));
        memory.Run(() =>
        {
            ImageResize.Forward(
                device, resized, pixelsView, resizesView, new ImageResizeShape(Images.Length, rows, most));
            ImageTransform.Forward(device, output, resized, transformsView, shape);
        });
        return device.Download(output.View);
    }

    private static Bitmap Formula(int width, int height, int channels) =>
        new PillowFixture(width, height, channels, 0, default, 1, false, "").Image();
}
