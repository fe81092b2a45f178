using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>The first values of a parameter, a function of its name and the seed alone.</summary>
internal static class Initializer
{
    // Values that one task draws.
    private const int Block = 1 << 16;

    /// <summary>Values in this library's order.</summary>
    /// <exception cref="UsageException">They are too many.</exception>
    public static float[] Values(Parameter parameter, long seed)
    {
        UsageException.Require(
            parameter.Shape.Count <= Array.MaxLength,
            $"{parameter.Name} has more values than an array holds; use a smaller hidden layer, or fewer channels.");
        var values = new float[parameter.Shape.Count];
        Initialization initialization = parameter.Initialization;
        if (initialization.Distribution == InitialDistribution.Constant)
        {
            Array.Fill(values, initialization.Scale);
            return values;
        }
        bool isNormal = initialization.Distribution == InitialDistribution.Normal;
        SplitMix64 stream = SplitMix64.ForName(seed, parameter.Name);
        // VGG16's classifier has 120 million, all of one stream.
        Parallel.For(0, (values.Length + Block - 1) / Block, block =>
        {
            int first = block * Block;
            SplitMix64 random = stream.Skip((isNormal ? SplitMix64.DrawsPerNormal : 1) * (long)first);
            for (int i = first; i < Math.Min(first + Block, values.Length); i++)
                values[i] = (float)(
                    isNormal
                        ? random.NextNormal() * initialization.Scale
                        : random.NextDouble(-initialization.Scale, initialization.Scale));
        });
        return values;
    }
}
