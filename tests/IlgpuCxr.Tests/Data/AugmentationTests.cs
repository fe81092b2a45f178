using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Image;

namespace IlgpuCxr.Tests.Data;

/// <remarks>
/// Statistics of n = 20 000 draws with a fixed seed. A mean of uniform numbers of a range r has the standard error r /
/// √(12 n), a share p of draws √(p (1 - p) / n); the bounds are four of them, which chance exceeds once in 16 000
/// seeds.
/// </remarks>
public sealed class AugmentationTests
{
    private const int Draws = 20_000, Width = 350, Height = 288;

    private static readonly ImageTransformParameters[] Drawn =
        [.. Enumerable.Range(0, Draws).Select(i => Draw(1, 0, i))];

    [Test]
    public void Angles_are_uniform_from_minus_30_to_30_degrees()
    {
        double[] degrees = [.. Drawn.Select(Degrees)];

        // The fixed point of a rotation holds its sine to 2⁻¹⁷, an angle to 2⁻¹⁷ / cos 30° radians: 0.0005 degrees.
        Assert.That(degrees, Is.All.InRange(-30.0005, 30.0005));
        Assert.That(degrees.Average(), Is.Zero.Within(4 * 60 / Math.Sqrt(12.0 * Draws)));
        AssertUniform(degrees.Select(angle => (angle + 30) / 60));
    }

    [Test]
    public void Half_of_the_images_are_flipped() =>
        Assert.That(Drawn.Average(image => image.Flip), Is.EqualTo(0.5).Within(4 * 0.5 / Math.Sqrt(Draws)));

    [Test]
    public void Crops_lie_in_the_image_and_have_the_allowed_area_and_proportions()
    {
        foreach (ImageTransformParameters image in Drawn)
        {
            CropBox crop = image.Crop;
            Assert.That(crop.Left >= 0 && crop.Top >= 0 && crop.Width >= 1 && crop.Height >= 1, crop.ToString());
            Assert.That(crop.Left + crop.Width <= Width && crop.Top + crop.Height <= Height, crop.ToString());
            // Sides are rounded by up to half a pixel.
            double most = (crop.Width + 0.5) * (crop.Height + 0.5) / (Width * Height);
            double least = (crop.Width - 0.5) * (crop.Height - 0.5) / (Width * Height);
            Assert.That(most >= 0.08 && least <= 1, crop.ToString());
            Assert.That(
                (crop.Width + 0.5) / (crop.Height - 0.5) >= 0.75 && (crop.Width - 0.5) / (crop.Height + 0.5) <= 4 / 3.0,
                crop.ToString());
        }
    }

    /// <remarks>
    /// Below 40 % of the area any allowed proportions fit 350x288, so that nothing is drawn again and small areas are
    /// uniform.
    /// </remarks>
    [Test]
    public void Small_areas_are_uniform_and_proportions_are_uniform_in_their_logarithm()
    {
        CropBox[] small =
        [
            .. Drawn
                .Select(image => image.Crop)
                .Where(crop => (double)crop.Width * crop.Height / (Width * Height) is > 0.1 and < 0.4),
        ];
        double[] areas = [.. small.Select(crop => (double)crop.Width * crop.Height / (Width * Height))];
        double[] logarithms = [.. small.Select(crop => Math.Log((double)crop.Width / crop.Height))];

        Assert.That(small, Has.Length.GreaterThan(Draws / 4));
        AssertUniform(areas.Select(area => (area - 0.1) / 0.3));
        AssertUniform(logarithms.Select(logarithm => (logarithm / Math.Log(4 / 3.0) + 1) / 2));
    }

    [Test]
    public void Places_of_crops_are_uniform_over_all_that_fit()
    {
        CropBox[] crops =
            [.. Drawn.Select(image => image.Crop).Where(crop => crop.Width < Width / 2 && crop.Height < Height / 2)];

        // An integer of 0 … n - 1 is spread over the interval that it stands for.
        AssertUniform(crops.Select(crop => (crop.Left + 0.5) / (Width - crop.Width + 1)));
        AssertUniform(crops.Select(crop => (crop.Top + 0.5) / (Height - crop.Height + 1)));
        Assert.That(
            crops.Any(crop => crop.Left == 0) && crops.Any(crop => crop.Left + crop.Width == Width),
            "Both edges are reached.");
    }

    [TestCase(1000, 10, 13, 10, Description = "Too wide: the widest allowed, in the middle.")]
    [TestCase(10, 1000, 10, 13, Description = "Too high.")]
    public void An_image_that_no_attempt_fits_is_cropped_in_its_middle(
        int width, int height, int cropWidth, int cropHeight)
    {
        SplitMix64 random = SplitMix64.ForSample(1, 2, 3);

        Assert.That(
            Augmentation.Draw(ref random, new ImageSize(width, height, 1), 0).Crop,
            Is.EqualTo(new CropBox((width - cropWidth) / 2, (height - cropHeight) / 2, cropWidth, cropHeight)));
    }

    [Test]
    public void A_single_pixel_can_be_augmented()
    {
        SplitMix64 random = SplitMix64.ForSample(1, 2, 3);

        Assert.That(Augmentation.Draw(ref random, new ImageSize(1, 1, 3), 0).Crop, Is.EqualTo(new CropBox(0, 0, 1, 1)));
    }

    [Test]
    public void Parameters_are_a_function_of_seed_epoch_and_sample()
    {
        Assert.That(Draw(1, 0, 7), Is.EqualTo(Drawn[7]), "Whatever was drawn before.");
        Assert.That(new[] { Draw(5, 6, 7), Draw(6, 6, 7), Draw(5, 7, 7), Draw(5, 6, 8), Draw(5, 7, 6) }, Is.Unique);
    }

    [Test]
    public void Evaluation_takes_the_largest_square_in_the_middle() =>
        Assert.That(
            Augmentation.None(new ImageSize(350, 288, 1), 40),
            Is.EqualTo(
                new ImageTransformParameters(40, 350, 288, 1, ImageRotation.None, new CropBox(31, 0, 288, 288), 0)));

    [Test]
    public void Part_2_resizes_the_rotated_image_and_crops_what_it_has_become()
    {
        var size = new ImageSize(Width, Height, 1);
        for (int sample = 0; sample < 50; sample++)
        {
            SplitMix64 random = SplitMix64.ForSample(1, 0, sample);
            var (resize, transform) = Augmentation.DrawResized(
                ref random, size, offset: 7, side: 64, resizedOffset: 1000);

            Assert.That((resize.Width, resize.Height), Is.EqualTo((77, 64)), "350x288, cut off.");
            Assert.That(
                resize.Source,
                Is.EqualTo(Drawn[sample] with { Offset = 7, Crop = new CropBox(0, 0, Width, Height), Flip = 0 }),
                "All of it, rotated as in Part 1.");
            Assert.That((resize.Offset, transform.Offset), Is.EqualTo((1000L, 1000L)));
            Assert.That(
                (transform.Width, transform.Height, transform.Rotation), Is.EqualTo((77, 64, ImageRotation.None)));
            Assert.That(
                transform.Crop.Left + transform.Crop.Width <= 77 && transform.Crop.Top + transform.Crop.Height <= 64,
                transform.Crop.ToString());
        }
    }

    [Test]
    public void Half_of_the_images_of_part_2_are_flipped() =>
        Assert.That(
            Enumerable.Range(0, Draws).Average(sample =>
            {
                SplitMix64 random = SplitMix64.ForSample(1, 0, sample);
                return Augmentation.DrawResized(
                    ref random, new ImageSize(Width, Height, 1), offset: 0, side: 64, resizedOffset: 0).Transform.Flip;
            }),
            Is.EqualTo(0.5).Within(4 * 0.5 / Math.Sqrt(Draws)));

    [TestCase(224, 256)]
    [TestCase(96, 110)]
    [TestCase(448, 512)]
    public void The_first_resize_of_part_2_is_in_proportion_to_the_studys(int size, int shortSide) =>
        Assert.That(Augmentation.ShortSide(size), Is.EqualTo(shortSide));

    [Test]
    public void Evaluation_of_part_2_takes_all_of_the_image() =>
        Assert.That(
            Augmentation.Squeeze(new ImageSize(350, 288, 1), 40),
            Is.EqualTo(
                new ImageTransformParameters(40, 350, 288, 1, ImageRotation.None, new CropBox(0, 0, 350, 288), 0)));

    private static ImageTransformParameters Draw(long seed, int epoch, int sample)
    {
        SplitMix64 random = SplitMix64.ForSample(seed, epoch, sample);
        return Augmentation.Draw(ref random, new ImageSize(Width, Height, 1), 0);
    }

    private static double Degrees(ImageTransformParameters image) =>
        double.RadiansToDegrees(Math.Asin(image.Rotation.YX / 65536.0));

    /// <summary>
    /// Pearson's test with nine bins: χ² with eight degrees of freedom exceeds 31.8 once in 10 000 times.
    /// </summary>
    /// <remarks>
    /// An odd number of bins, because crops are whole pixels: many are exactly square, which must not be a border of
    /// bins.
    /// </remarks>
    private static void AssertUniform(IEnumerable<double> values)
    {
        int[] bins = new int[9];
        foreach (double value in values)
            bins[Math.Clamp((int)(value * 9), 0, 8)]++;
        double expected = bins.Sum() / 9.0;
        Assert.That(
            bins.Sum(count => (count - expected) * (count - expected) / expected), Is.LessThan(31.8),
            string.Join(", ", bins));
    }
}
