namespace IlgpuCxr.Phantoms;

/// <summary>
/// A counter-based generator: the n-th number is a pure function of a key and n, so that any image, and any pixel of
/// its noise, can be drawn by any thread in any order.
/// </summary>
/// <remarks>
/// <code>
/// u(n) = mix(key + n γ)        mix and γ as in <see cref="SplitMix64"/>
/// </code>
/// </remarks>
internal sealed class PhantomRandom
{
    private readonly ulong key;
    private readonly float spread = 1f;
    private ulong count;

    /// <summary>Starts the sequence that belongs to a path of numbers, for example seed, split, class, index.</summary>
    public PhantomRandom(params ReadOnlySpan<ulong> path)
    {
        foreach (ulong word in path)
            key = SplitMix64.Mix((key ^ word) + SplitMix64.Gamma);
    }

    private PhantomRandom(float spread, ulong key, ulong purpose)
        : this(key, purpose) =>
        this.spread = spread;

    /// <summary>A sequence of its own for one purpose; how far this one has been read does not matter.</summary>
    public PhantomRandom Fork(ulong purpose) => new(spread, key, purpose);

    /// <summary>
    /// As <see cref="Fork(ulong)"/>, whose ranges, and those of its forks, shrink to a part of theirs around the
    /// middle.
    /// </summary>
    /// <param name="purpose">What it is for.</param>
    /// <param name="part">From 0, where every number is the middle of its range, to 1.</param>
    public PhantomRandom Fork(ulong purpose, float part) => new(spread * part, key, purpose);

    /// <summary>The next number in [0, 1).</summary>
    public float Uniform() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>The next number in [low, high), or in that part around its middle which the sequence uses.</summary>
    public float Uniform(float low, float high) => low + ((high - low) * (0.5f + (spread * (Uniform() - 0.5f))));

    /// <summary>True with the given probability.</summary>
    public bool Chance(float probability) => Uniform() < probability;

    /// <summary>The next integer in [0, bound).</summary>
    public int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>The next number as it is, 64 random bits.</summary>
    public ulong Next() => At(++count);

    /// <summary>
    /// The bell-shaped number at an index, mean 0 and variance 1: the sum of four uniform 16-bit numbers (variance
    /// 4/12), which is bell-shaped enough for a detector's noise and the same on every machine, as it needs no
    /// logarithm.
    /// </summary>
    public float BellAt(ulong index)
    {
        ulong bits = At(index);
        int sum = (int)(ushort)bits + (ushort)(bits >> 16) + (ushort)(bits >> 32) + (ushort)(bits >> 48);
        const float StandardDeviation = 37836.9f; // 65536 * sqrt(4 / 12)
        return (sum - 131070) / StandardDeviation;
    }

    private ulong At(ulong index) => SplitMix64.Mix(key + (index * SplitMix64.Gamma));
}
