using System.Numerics;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Divides by a number that is known when a kernel is launched, without the 20 instructions of a GPU's integer
/// division.
/// </summary>
/// <remarks>
/// <code>
/// n / d = ⌊ 2n · m / 2^(32 + l) ⌋,   l = ⌈log2 d⌉,   m = ⌈ 2^(31 + l) / d ⌉
/// </code>
/// This is exact for every <c>0 ≤ n &lt; 2^31</c>, and <c>m</c> fits 32 bits (Granlund and Montgomery 1994, "Division
/// by invariant integers using multiplication", theorem 4.2).
/// </remarks>
internal readonly struct FastDivisor
{
    private readonly uint multiplier;
    private readonly int shift;

    /// <param name="divisor">At least 1.</param>
    public FastDivisor(int divisor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(divisor, 1);
        Divisor = divisor;
        shift = divisor == 1 ? 0 : BitOperations.Log2((uint)divisor - 1) + 1;
        multiplier = (uint)(((1UL << (31 + shift)) + (uint)divisor - 1) / (uint)divisor);
    }

    public int Divisor { get; }

    /// <summary>
    /// <c>n / Divisor</c> and the remainder, for <paramref name="n"/> from 0; for a negative one the result has no
    /// meaning.
    /// </summary>
    public int Divide(int n, out int remainder)
    {
        int quotient = (int)((uint)(((ulong)((uint)n << 1) * multiplier) >> 32) >> shift);
        remainder = n - quotient * Divisor;
        return quotient;
    }
}
