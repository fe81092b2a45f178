using System.Text;

namespace IlgpuCxr;

/// <summary>
/// A small random number generator whose streams are functions of a seed, an epoch and a sample, and of nothing else.
/// </summary>
/// <remarks>
/// A sample is augmented the same way whatever thread prepares it, in whatever order, before or after a resume. The
/// generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): a
/// counter with step γ, each value of which is scrambled by the mixing function that the authors took from D.
/// Stafford's variant 13 of MurmurHash3's finaliser.
/// <code>
/// state += γ        γ = 2⁶⁴ / golden ratio, odd
/// next   = mix(state)
/// </code>
/// A stream begins at <c>mix(mix(mix(seed + γ) + epoch + γ) + sample + γ)</c>, so that neighbouring epochs and
/// samples begin at unrelated states.
/// </remarks>
public struct SplitMix64
{
    /// <summary>How often <see cref="NextNormal"/> takes <see cref="NextBits"/>.</summary>
    public const int DrawsPerNormal = 2;

    /// <summary>The counter's step, 2⁶⁴ over the golden ratio, made odd.</summary>
    internal const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong state;

    private SplitMix64(ulong state) => this.state = state;

    /// <summary>The stream of one sample in one epoch.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="sample">
    /// The sample's place in the list of samples; -1 for what belongs to the epoch as a whole.
    /// </param>
    public static SplitMix64 ForSample(long seed, int epoch, int sample) =>
        new(Mix(Mix(Mix((ulong)seed + Gamma) + (uint)epoch + Gamma) + (uint)sample + Gamma));

    /// <summary>The stream of something that has a name, such as a parameter.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="name">
    /// The name, hashed by FNV-1a (Fowler, Noll and Vo) because .NET's own hashes differ from run to run.
    /// </param>
    public static SplitMix64 ForName(long seed, string name)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ b) * 1099511628211;
        return new SplitMix64(Mix(Mix((ulong)seed + Gamma) + hash));
    }

    /// <summary>The stream from a later place on.</summary>
    /// <param name="count">How many of <see cref="NextBits"/> to leave out.</param>
    public readonly SplitMix64 Skip(long count) => new(state + (ulong)count * Gamma);

    /// <summary>The next 64 random bits.</summary>
    public ulong NextBits() => Mix(state += Gamma);

    /// <summary>The next number of <c>[0, 1)</c>, a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1L << 53));

    /// <summary>The next number of <c>[from, to)</c>.</summary>
    /// <param name="from">The lower end.</param>
    /// <param name="to">The upper end.</param>
    public double NextDouble(double from, double to) => from + (to - from) * NextDouble();

    /// <summary>The next number of the standard normal distribution (Box and Muller 1958).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>The next integer of <c>[0, count)</c>.</summary>
    /// <param name="count">
    /// Number of integers; for a deviation from uniformity, no larger than <c>count</c> · 2⁻⁶⁴.
    /// </param>
    public int NextInt(int count) => (int)Math.BigMul(NextBits(), (ulong)count, out _);

    /// <summary>Scrambles 64 bits; different ones stay different.</summary>
    internal static ulong Mix(ulong value)
    {
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return value ^ value >> 31;
    }
}
