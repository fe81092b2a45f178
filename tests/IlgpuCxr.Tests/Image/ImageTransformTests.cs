using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Image;
using IlgpuCxr.Tests.Operators;
using IlgpuCxr.Tests.Ptx;
using Bitmap = IlgpuCxr.Kernels.Image.ImageTransformReference.Bitmap;

namespace IlgpuCxr.Tests.Image;

public sealed class ImageTransformTests
{
    private static readonly Implementation[] Kernels =
        [Implementation.Naive, Implementation.NaiveThroughIlgpu, Implementation.Vector, Implementation.Gpu];

    [TestCaseSource(typeof(PillowFixture), nameof(PillowFixture.All))]
    public void The_reference_is_what_pillow_computes(PillowFixture fixture)
    {
        Bitmap result = ImageTransformReference.Resize(
            ImageTransformReference.Crop(
                ImageTransformReference.Rotate(fixture.Image(), fixture.Degrees), fixture.Crop),
            fixture.Size, fixture.Flip);

        Assert.That(PillowFixture.DigestOf(result.Pixels), Is.EqualTo(fixture.Digest));
    }

    /// <remarks>
    /// Equality is more than arithmetic promises: the reference rounds a weight after two roundings in double precision
    /// and the kernels after none, so a weight that lies within 2⁻⁵² of the middle of two multiples of 2⁻²² may differ
    /// by 2⁻²². A level could then differ by one where a sum lies within 255 · 2⁻²² of a rounding boundary: once in 16
    /// 000 pixels per such weight. None of the sizes here has one.
    /// </remarks>
    [Test]
    public void Kernels_compute_the_reference_for_all_images_of_a_batch(
        [Values(Implementation.Naive, Implementation.Vector)] Implementation implementation,
        [Values(16, 33, 64, 128)] int size) =>
        AssertReferenceOfABatch(implementation, size);

    // One small size: ILGPU's CPU accelerator takes seconds for the larger ones.
    [Test]
    public void Kernels_launched_through_ilgpu_compute_the_reference_too() =>
        AssertReferenceOfABatch(Implementation.NaiveThroughIlgpu, 16);

    // Two small sizes: PTX is interpreted a million times slower than it runs. The second has parts of tiles.
    [TestCase(16)]
    [TestCase(33)]
    public void The_kernel_of_a_gpu_computes_the_reference_too(int size) =>
        AssertReferenceOfABatch(Implementation.Gpu, size);

    [Test]
    public void A_gpu_weighs_more_pixels_than_its_table_holds()
    {
        var fixture = new PillowFixture(300, 35, 1, 0, new CropBox(0, 0, 300, 35), 2, true, "");

        Assert.That(
            Transform(Implementation.Gpu, 1, [fixture], 2),
            Is.EqualTo(ImageTransformReference.Forward(fixture.Image(), 0, fixture.Crop, 2, fixture.Flip)));
    }

    private static void AssertReferenceOfABatch(Implementation implementation, int size)
    {
        PillowFixture[] fixtures =
        [
            .. PillowFixture
                .All()
                .Select(data => (PillowFixture)data.Arguments[0]!)
                .Where(fixture => fixture.Size == size),
        ];
        float[] output = Transform(implementation, 2, fixtures, size);

        float[] expected =
        [
            .. fixtures.SelectMany(f => ImageTransformReference.Forward(f.Image(), f.Degrees, f.Crop, size, f.Flip)),
        ];
        Assert.That(fixtures, Has.Length.GreaterThan(1));
        Assert.That(output, Is.EqualTo(expected));
    }

    [TestCase(Implementation.Naive)]
    [TestCase(Implementation.Vector)]
    public void The_number_of_threads_does_not_change_a_bit(Implementation implementation)
    {
        PillowFixture[] fixtures =
        [
            .. PillowFixture
                .All()
                .Select(data => (PillowFixture)data.Arguments[0]!)
                .Where(fixture => fixture.Size == 33),
        ];

        Assert.That(Transform(implementation, 7, fixtures, 33), Is.EqualTo(Transform(implementation, 1, fixtures, 33)));
    }

    [Test]
    public void An_identity_keeps_every_pixel([ValueSource(nameof(Kernels))] Implementation implementation)
    {
        var fixture = new PillowFixture(40, 40, 3, 0, CropBox.CentreSquare(40, 40), 40, false, "");

        Assert.That(
            Transform(implementation, 2, [fixture], 40),
            Is.EqualTo(ImageTransformReference.Normalize(fixture.Image())));
    }

    [Test]
    public void Gray_becomes_three_equal_levels_each_normalised_by_its_channel(
        [ValueSource(nameof(Kernels))] Implementation implementation)
    {
        var fixture = new PillowFixture(1, 1, 1, 0, new CropBox(0, 0, 1, 1), 1, false, "");

        // The formula's only pixel is 0: minus mean over standard deviation.
        Assert.That(
            Transform(implementation, 2, [fixture], 1),
            Is.EqualTo(new[] { -0.485f / 0.229f, -0.456f / 0.224f, -0.406f / 0.225f }));
    }

    /// <summary>Recorded, not run: the interpreter would take minutes for so many groups.</summary>
    [Test]
    public void A_batch_may_have_more_images_than_a_grid_has_rows()
    {
        const int images = 65_536;
        using ComputeDevice device = EmulatedGpu.Open(new DeviceOptions { Graphs = true });
        using DeviceBuffer<float> output = device.Allocate<float>(3 * images);
        using DeviceBuffer<byte> bytes = device.Allocate<byte>(1);
        using DeviceBuffer<ImageTransformParameters> transforms = device.Allocate<ImageTransformParameters>(images);
        using DeviceBuffer<ImageResizeParameters> resizes = device.Allocate<ImageResizeParameters>(images);
        var tensor = new Tensor(new TensorShape(images, 1, 1, 3), output.View);
        using ILaunchGraph? graph = device.Record(() =>
        {
            ImageResize.Forward(device, bytes.View, bytes.View, resizes.View, new ImageResizeShape(images, 1, 1));
            ImageTransform.Forward(device, tensor, bytes.View, transforms.View, new ImageTransformShape(images, 1));
        });
        Assert.That(graph, Is.Not.Null);
    }

    [Test]
    public void No_rotation_is_the_rotation_by_zero_degrees() =>
        Assert.That(ImageRotation.ByDegrees(0, 350, 289), Is.EqualTo(ImageRotation.None));

    [TestCase(30)]
    [TestCase(-30)]
    [TestCase(45)]
    public void The_largest_image_is_rotated_without_overflow(double degrees)
    {
        const int side = ImageTransformParameters.MaximumSide;
        ImageRotation rotation = ImageRotation.ByDegrees(degrees, side, side);
        (double sin, double cos) = Math.SinCos(double.DegreesToRadians(degrees));

        foreach ((int x, int y) in new[] { (0, 0), (side - 1, 0), (0, side - 1), (side - 1, side - 1) })
        {
            double fromCentreX = x + 0.5 - side / 2.0, fromCentreY = y + 0.5 - side / 2.0;
            // The matrix is rounded to 2⁻¹⁷, which a side's length of steps in each direction carries to 2 · 16384 /
            // 131072 pixels.
            Assert.That(
                rotation.Column(x, y) + 0.5,
                Is.EqualTo(side / 2.0 + cos * fromCentreX - sin * fromCentreY).Within(0.5 + 0.25));
            Assert.That(
                rotation.Row(x, y) + 0.5,
                Is.EqualTo(side / 2.0 + sin * fromCentreX + cos * fromCentreY).Within(0.5 + 0.25));
        }
    }

    [TestCase(100, 60, 20, 0, 60)]
    [TestCase(61, 100, 0, 19, 61)]
    public void The_centre_square_is_as_large_as_the_short_side(int width, int height, int left, int top, int side) =>
        Assert.That(CropBox.CentreSquare(width, height), Is.EqualTo(new CropBox(left, top, side, side)));

    /// <summary>Long lines shrink to few pixels with hundreds of weights; short ones grow.</summary>
    [TestCase(4096, 3)]
    [TestCase(1000, 7)]
    [TestCase(3, 500)]
    [TestCase(2, 1)]
    public void A_white_line_of_any_length_stays_white_and_weights_nothing_outside(int length, int size)
    {
        for (int q = 0; q < size; q++)
        {
            int first = ResizeFilter.First(q, length, size), end = ResizeFilter.End(q, length, size);
            int total = ResizeFilter.Total(q, length, size);
            Assert.That(first, Is.InRange(0, end - 1));
            Assert.That(end, Is.LessThanOrEqualTo(length));
            int sum = ResizeFilter.Half;
            for (int x = first; x < end; x++)
                sum += 255 * ResizeFilter.Weight(q, x, length, size, total);
            Assert.That(sum >> ResizeFilter.Bits, Is.EqualTo(255));
        }
    }

    private static float[] Transform(Implementation implementation, int threads, PillowFixture[] fixtures, int size)
    {
        using ComputeDevice device = implementation.Open(threads)!;
        using var memory = new DeviceMemory(device);
        byte[] pixels = [.. fixtures.SelectMany(fixture => fixture.Image().Pixels)];
        long offset = 0;
        var parameters = new ImageTransformParameters[fixtures.Length];
        for (int n = 0; n < fixtures.Length; n++)
        {
            parameters[n] = fixtures[n].Parameters(offset);
            offset += fixtures[n].Width * fixtures[n].Height * fixtures[n].Channels;
        }
        var shape = new ImageTransformShape(fixtures.Length, size);
        Tensor output = memory.Tensor(shape.Output);
        var pixelsView = memory.Vector(pixels);
        var parametersView = memory.Vector(parameters);
        memory.Run(() => ImageTransform.Forward(device, output, pixelsView, parametersView, shape));
        return device.Download(output.View);
    }
}
