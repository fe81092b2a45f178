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
}
