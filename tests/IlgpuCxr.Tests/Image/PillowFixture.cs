using System.Globalization;
using System.Security.Cryptography;
using IlgpuCxr.Kernels.Image;

namespace IlgpuCxr.Tests.Image;

/// <summary>
/// A line of <c>fixtures/pillow/transforms.csv</c>: transforms, and a digest of what Pillow makes of them.
/// </summary>
public sealed record PillowFixture(
    int Width, int Height, int Channels, double Degrees, CropBox Crop, int Size, bool Flip, string Digest)
{
    /// <summary>All lines, named by their sizes.</summary>
    public static IEnumerable<TestCaseData<PillowFixture>> All()
    {
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "fixtures", "pillow", "transforms.csv")).Skip(1))
        {
            string[] cells = line.Split(',');
            int[] box = [.. cells[4..8].Select(Integer)];
            var fixture = new PillowFixture(
                Integer(cells[0]), Integer(cells[1]), Integer(cells[2]),
                double.Parse(cells[3], CultureInfo.InvariantCulture), new CropBox(box[0], box[1], box[2], box[3]),
                Integer(cells[8]), Integer(cells[9]) != 0, cells[10]);
            yield return new TestCaseData<PillowFixture>(fixture)
                .SetArgDisplayNames(
                    $"{fixture.Width}x{fixture.Height}x{fixture.Channels} {fixture.Degrees:F2} {fixture.Crop.Width}x{fixture.Crop.Height} to {fixture.Size}");
        }
    }

    /// <summary>The formula of <c>transforms.py</c>.</summary>
    public ImageTransformReference.Bitmap Image()
    {
        var image = new ImageTransformReference.Bitmap(Width, Height, Channels);
        for (int y = 0; y < Height; y++)
            for (int x = 0; x < Width; x++)
                for (int c = 0; c < Channels; c++)
                    image[x, y, c] = (byte)(x * x * 3 + y * 5 + x * y * 7 + c * 41 + (x ^ y));
        return image;
    }

    /// <summary>The parameters of the transform.</summary>
    public ImageTransformParameters Parameters(long offset) =>
        new(offset, Width, Height, Channels, ImageRotation.ByDegrees(Degrees, Width, Height), Crop, Flip ? 1 : 0);

    /// <summary>SHA-256 as the script writes it.</summary>
    public static string DigestOf(byte[] pixels) => Convert.ToHexStringLower(SHA256.HashData(pixels));

    private static int Integer(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
