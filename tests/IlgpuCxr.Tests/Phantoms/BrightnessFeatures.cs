namespace IlgpuCxr.Tests.Phantoms;

/// <summary>What can be said of an image without looking where its pixels are.</summary>
internal static class BrightnessFeatures
{
    private const int Bins = 16;

    public static double Mean(byte[] pixels) => pixels.Average(p => (double)p);

    public static double Median(byte[] pixels) => pixels.Order().ElementAt(pixels.Length / 2);

    /// <summary>The mean of the inner half of the rows and columns of a square image.</summary>
    public static double MeanOfMiddle(byte[] pixels, int size)
    {
        int from = size / 4, to = size - from;
        return Enumerable.Range(from, to - from)
            .SelectMany(row => Enumerable.Range(from, to - from).Select(column => pixels[row * size + column]))
            .Average(p => (double)p);
    }

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
