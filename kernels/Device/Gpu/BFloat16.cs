using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Two neighbours of bfloat16 in the bits of a float, the first in the lower half.</summary>
internal static class BFloat16
{
    private const uint UpperHalf = 0xFFFF0000;

    /// <summary>The two, in single precision: a bfloat16 is the upper half of a float.</summary>
    public static Float2 Pair(float word)
    {
        uint bits = Interop.FloatAsInt(word);
        Float2 pair;
        pair.X = Interop.IntAsFloat(bits << 16);
        pair.Y = Interop.IntAsFloat(bits & UpperHalf);
        return pair;
    }

    /// <summary>Both, rounded to nearest, ties to even.</summary>
    public static float Word(Float2 pair) => Interop.IntAsFloat(
        TensorCore.PackBf16(Interop.FloatAsInt(pair.Y), Interop.FloatAsInt(pair.X)));

    /// <summary>What is in a word, on the host.</summary>
    public static (float First, float Second) Unpack(float word)
    {
        uint bits = BitConverter.SingleToUInt32Bits(word);
        return (BitConverter.UInt32BitsToSingle(bits << 16), BitConverter.UInt32BitsToSingle(bits & UpperHalf));
    }

    /// <summary>The nearest bfloat16, ties to even, on the host.</summary>
    public static float Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        // A NaN stays one, though its lower half alone may say so.
        return float.IsNaN(value)
            ? float.NaN
            : BitConverter.UInt32BitsToSingle(bits + 0x7FFF + (bits >> 16 & 1) & UpperHalf);
    }

    /// <summary>Two values, rounded, in a word, on the host.</summary>
    public static float Pack(float first, float second) => BitConverter.UInt32BitsToSingle(
        BitConverter.SingleToUInt32Bits(Round(first)) >> 16 | BitConverter.SingleToUInt32Bits(Round(second)));
}
