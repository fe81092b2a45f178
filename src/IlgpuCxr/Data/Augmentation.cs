using IlgpuCxr.Kernels.Image;

namespace IlgpuCxr.Data;

/// <summary>
/// Draws what the training transforms do to an image, as torchvision 0.6 does, and tells what evaluation does.
/// </summary>
/// <remarks>
/// <c>RandomRotation(30)</c>, in Part 2 <c>Resize(256)</c>, <c>RandomResizedCrop(S)</c>, <c>RandomHorizontalFlip()</c>;
/// see <see href="https://github.com/pytorch/vision/blob/v0.6.0/torchvision/transforms/transforms.py">torchvision's
/// transforms.py</see>.
/// </remarks>
public static class Augmentation
{
    private const double Degrees = 30, MinimumScale = 0.08, MaximumScale = 1, MinimumRatio = 3.0 / 4;
    private const double MaximumRatio = 4.0 / 3, FlipProbability = 0.5;

    private const int Attempts = 10;

    /// <summary>What evaluation does to an image: its largest centred square, resized.</summary>
    /// <param name="size">The image.</param>
    /// <param name="offset">Its place in the batch.</param>
    public static ImageTransformParameters None(ImageSize size, long offset) => new(
        offset, size.Width, size.Height, size.Channels, ImageRotation.None,
        CropBox.CentreSquare(size.Width, size.Height), 0);

    /// <summary>What the study's evaluation of Part 2 does to an image: all of it, squeezed into a square.</summary>
    /// <param name="size">The image.</param>
    /// <param name="offset">Its place in the batch.</param>
    public static ImageTransformParameters Squeeze(ImageSize size, long offset) => new(
        offset, size.Width, size.Height, size.Channels, ImageRotation.None, new CropBox(0, 0, size.Width, size.Height),
        0);

    /// <summary>
    /// The short side after Part 2's first resize: 256 where the network sees 224 pixels, as in the study, else as much
    /// in proportion.
    /// </summary>
    /// <param name="size">Edge of the network's input.</param>
    public static int ShortSide(int size) => (int)Math.Round(size * 256 / 224.0);

    /// <summary>
    /// What training does to an image in Part 2: as <see cref="Draw"/>, with a resize between rotation and crop.
    /// </summary>
    /// <param name="random">The sample's stream.</param>
    /// <param name="size">The image.</param>
    /// <param name="offset">Its place in the batch.</param>
    /// <param name="side">Length of the short side after the first resize.</param>
    /// <param name="resizedOffset">The resized image's place among those of the batch.</param>
    public static (ImageResizeParameters Resize, ImageTransformParameters Transform) DrawResized(
        ref SplitMix64 random, ImageSize size, long offset, int side, long resizedOffset)
    {
        double degrees = random.NextDouble(-Degrees, Degrees);
        (int width, int height) = ImageResizeParameters.ShortSide(size.Width, size.Height, side);
        ImageTransformParameters source = Squeeze(size, offset) with
        {
            Rotation = ImageRotation.ByDegrees(degrees, size.Width, size.Height),
        };
        CropBox crop = DrawCrop(ref random, width, height);
        int flip = random.NextDouble() < FlipProbability ? 1 : 0;
        return (
            new ImageResizeParameters(source, resizedOffset, width, height),
            new ImageTransformParameters(resizedOffset, width, height, size.Channels, ImageRotation.None, crop, flip));
    }

    /// <summary>What training does to an image.</summary>
    /// <param name="random">The sample's stream.</param>
    /// <param name="size">The image.</param>
    /// <param name="offset">Its place in the batch.</param>
    public static ImageTransformParameters Draw(ref SplitMix64 random, ImageSize size, long offset)
    {
        double degrees = random.NextDouble(-Degrees, Degrees);
        CropBox crop = DrawCrop(ref random, size.Width, size.Height);
        int flip = random.NextDouble() < FlipProbability ? 1 : 0;
        return new ImageTransformParameters(
            offset, size.Width, size.Height, size.Channels, ImageRotation.ByDegrees(degrees, size.Width, size.Height),
            crop, flip);
    }

    /// <summary>A box of 8 to 100 % of the image's area and of proportions from 3:4 to 4:3.</summary>
    /// <remarks>
    /// Where ten attempts do not fit the image: the largest box of allowed proportions in its middle.
    /// </remarks>
    internal static CropBox DrawCrop(ref SplitMix64 random, int width, int height)
    {
        double area = (double)width * height;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double target = area * random.NextDouble(MinimumScale, MaximumScale);
            double ratio = Math.Exp(random.NextDouble(Math.Log(MinimumRatio), Math.Log(MaximumRatio)));
            int w = (int)Math.Round(Math.Sqrt(target * ratio)), h = (int)Math.Round(Math.Sqrt(target / ratio));
            if (w < 1 || w > width || h < 1 || h > height)
                continue;
            int top = random.NextInt(height - h + 1), left = random.NextInt(width - w + 1);
            return new CropBox(left, top, w, h);
        }
        double proportions = (double)width / height;
        int largestWidth = proportions > MaximumRatio ? (int)Math.Round(height * MaximumRatio) : width;
        int largestHeight = proportions < MinimumRatio ? (int)Math.Round(width / MinimumRatio) : height;
        return new CropBox((width - largestWidth) / 2, (height - largestHeight) / 2, largestWidth, largestHeight);
    }
}
