namespace IlgpuCxr.Kernels.Dropout;

/// <summary>Four random words of 32 bits, a function of a counter and a key.</summary>
/// <remarks>
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), the generator of PyTorch on
/// CUDA. There is no state: any number of threads compute any words in any order, and again where they are needed
/// again. A round multiplies two words by constants and mixes high and low halves of the products with the other words
/// and the key, which grows by two other constants.
/// <code>
/// (hi0, lo0) = M0 · c0        (hi1, lo1) = M1 · c2
/// c ← (hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0)
/// k ← (k0 + W0, k1 + W1)
/// </code>
/// </remarks>
internal readonly struct Philox
{
    // The constants and the number of rounds are the paper's.
    private const uint M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;
    private const int Rounds = 10;

    private readonly uint first, second, third, fourth;

    private Philox(uint first, uint second, uint third, uint fourth)
    {
        this.first = first;
        this.second = second;
        this.third = third;
        this.fourth = fourth;
    }

    /// <summary>The words of a counter <c>(c0, c1, c2, c3)</c> under a key <c>(k0, k1)</c>.</summary>
    public static Philox Words(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)M0 * c0, product1 = (ulong)M1 * c2;
            uint next0 = (uint)(product1 >> 32) ^ c1 ^ k0, next2 = (uint)(product0 >> 32) ^ c3 ^ k1;
            c1 = (uint)product1;
            c3 = (uint)product0;
            c0 = next0;
            c2 = next2;
            k0 += W0;
            k1 += W1;
        }
        return new Philox(c0, c1, c2, c3);
    }

    /// <summary>One of the four words.</summary>
    /// <param name="index">0 to 3.</param>
    public uint Word(int index) => index == 0 ? first : index == 1 ? second : index == 2 ? third : fourth;
}
