namespace IlgpuCxr.Kernels.Device;

/// <summary>How a tensor's elements lie in memory.</summary>
/// <remarks>
/// Where convolutions multiply bfloat16, as with <see cref="Precision.Bf16"/>, what goes from layer to layer is bfloat16
/// too, much as under PyTorch's <see href="https://docs.pytorch.org/docs/stable/amp.html">autocast</see>: half the memory, and half of what kernels
/// that memory bounds wait for. Parameters, their gradients, statistics and all sums are single precision;
/// docs/precision.md has the whole.
/// </remarks>
public enum ElementType
{
    /// <summary>Single precision, 4 bytes.</summary>
    Single,

    /// <summary>
    /// The upper half of a single, rounded to nearest, ties to even: 7 bits of mantissa, 2 bytes. Two neighbours make
    /// one of the floats of <see cref="Tensor.View"/>, the first in its lower half. Channels are a multiple of 8,
    /// because the convolution reads eight, 16 bytes, at once.
    /// </summary>
    BFloat16,
}

/// <summary>What follows from an element type.</summary>
public static class ElementTypes
{
    /// <summary>Elements of bfloat16 in 16 bytes; a tensor's channels are a multiple of it.</summary>
    public const int Octet = 8;

    private const uint UpperHalf = 0xFFFF0000;

    /// <summary>Bytes of an element.</summary>
    /// <param name="type">Its type.</param>
    public static int Size(this ElementType type) => type == ElementType.BFloat16 ? 2 : sizeof(float);

    /// <summary>The nearest number that an element can hold, of two the one whose last bit is 0.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="value">Any number.</param>
    public static float Round(this ElementType type, float value) =>
        // A NaN stays one, though its lower half alone may say so.
        type != ElementType.BFloat16 ? value
        : float.IsNaN(value) ? float.NaN
        : BitConverter.UInt32BitsToSingle(Rounded(value) & UpperHalf);

    /// <summary>Two values of bfloat16 in the bits of a float, the first in the lower half.</summary>
    internal static float Word(float first, float second) => BitConverter.UInt32BitsToSingle(
        BitConverter.SingleToUInt32Bits(ElementType.BFloat16.Round(first)) >> 16
        | BitConverter.SingleToUInt32Bits(ElementType.BFloat16.Round(second)));

    /// <summary>The two values of such a word.</summary>
    internal static (float First, float Second) Pair(float word)
    {
        uint bits = BitConverter.SingleToUInt32Bits(word);
        return (BitConverter.UInt32BitsToSingle(bits << 16), BitConverter.UInt32BitsToSingle(bits & UpperHalf));
    }

    /// <summary>Floats in whose memory so many elements lie.</summary>
    /// <param name="type">Their type.</param>
    /// <param name="count">How many; of bfloat16 an even number.</param>
    public static long Floats(this ElementType type, long count) =>
        type == ElementType.BFloat16 ? count / 2 : count;

    /// <summary>Whether a tensor can be of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="shape">The tensor's shape.</param>
    public static bool Allows(this ElementType type, in TensorShape shape) =>
        type != ElementType.BFloat16 || shape.C % Octet == 0;

    // Adds half a unit of the last bit kept, or, where that bit is 0, one bit less: a tie then goes to even.
    private static uint Rounded(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return bits + 0x7FFF + (bits >> 16 & 1);
    }
}
