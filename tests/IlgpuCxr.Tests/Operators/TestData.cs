using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Operators;

/// <summary>Values for tests, the same in every run.</summary>
internal static class TestData
{
    /// <summary>
    /// Integers from -<paramref name="limit"/> to <paramref name="limit"/>. As long as no sum reaches 2^24, float
    /// arithmetic on them is exact in any order, so that results are compared with no tolerance.
    /// </summary>
    public static float[] Integers(long count, int seed, int limit = 4)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = random.Next(-limit, limit + 1);
        return values;
    }

    /// <inheritdoc cref="Integers(long, int, int)"/>
    public static float[] Integers(TensorShape shape, int seed, int limit = 4) => Integers(shape.Count, seed, limit);

    /// <summary>Floats from <paramref name="offset"/> - 1 to <paramref name="offset"/> + 1.</summary>
    public static float[] Floats(long count, int seed, float offset = 0)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = offset + random.NextSingle() * 2 - 1;
        return values;
    }

    /// <inheritdoc cref="Floats(long, int, float)"/>
    public static float[] Floats(TensorShape shape, int seed, float offset = 0) => Floats(shape.Count, seed, offset);

    /// <summary>
    /// Different values, at least 1/8 from each other and from 0, in random order: no ties and no kinks for finite
    /// differences.
    /// </summary>
    public static double[] Lattice(long count, int seed)
    {
        double[] values = [.. Enumerable.Range(0, (int)count).Select(i => (i - count / 2 + 0.5) / 4)];
        new Random(seed).Shuffle(values);
        return values;
    }

    /// <summary>Doubles from -1 to 1.</summary>
    public static double[] Doubles(long count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)count).Select(_ => random.NextDouble() * 2 - 1)];
    }
}
