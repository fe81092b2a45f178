namespace IlgpuCxr.Tests.Phantoms;

/// <summary>What can be said of an image without looking where its pixels are.</summary>
internal static class BrightnessFeatures
{
    private const int Bins = 16;

    public static double Mean(byte[] pixels) => pixels.Average(p => (double)p);

    /// <summary>Mean, standard deviation, nine deciles and a histogram of 16 bins.</summary>
    public static double[] Of(byte[] pixels)
    {
        double mean = Mean(pixels);
        var features = new List<double> { mean, Math.Sqrt(pixels.Average(p => (p - mean) * (p - mean))) };
        byte[] sorted = [.. pixels.Order()];
        for (int decile = 1; decile <= 9; decile++)
            features.Add(sorted[sorted.Length * decile / 10]);
        var histogram = new double[Bins];
        foreach (byte pixel in pixels)
            histogram[pixel * Bins / 256] += 1.0 / pixels.Length;
        features.AddRange(histogram);
        return [.. features];
    }
}
