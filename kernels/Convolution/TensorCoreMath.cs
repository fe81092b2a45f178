using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>A format in which tensor cores multiply; they sum in single precision.</summary>
internal interface ITensorCoreMath
{
    /// <summary>Depth of one <see cref="MultiplyAdd"/>, made of blocks of depth 8.</summary>
    static abstract int Depth { get; }

    /// <summary>Floats of one block of depth 8, or of two, rounded to the format.</summary>
    static abstract Fragment Round(Fragment first, Fragment second);

    /// <summary>A warp's 16x8 results, with <paramref name="b0"/> and <paramref name="b1"/> half of a fragment of columns: its X and Z, or its Y and W.</summary>
    static abstract Float4 MultiplyAdd(Fragment a, uint b0, uint b1, Float4 sum);
}

/// <summary>10 bits of mantissa and the exponent of single precision.</summary>
internal readonly struct Tf32Math : ITensorCoreMath
{
    public static int Depth => 8;

    public static Fragment Round(Fragment first, Fragment second)
    {
        first.X = TensorCore.RoundToTf32(first.X);
        first.Y = TensorCore.RoundToTf32(first.Y);
        first.Z = TensorCore.RoundToTf32(first.Z);
        first.W = TensorCore.RoundToTf32(first.W);
        return first;
    }

    public static Float4 MultiplyAdd(Fragment a, uint b0, uint b1, Float4 sum) => TensorCore.MultiplyTf32(a, b0, b1, sum);
}

/// <summary>7 bits of mantissa and the exponent of single precision.</summary>
/// <remarks>
/// The instruction wants neighbours in depth in one register, but a sum has no order: as long as rows and columns agree, any two depths may be
/// called neighbours. Here depth t is the neighbour of depth t + 4, because a lane holds both of them from the loads that tf32 needs.
/// </remarks>
internal readonly struct Bf16Math : ITensorCoreMath
{
    public static int Depth => 16;

    public static Fragment Round(Fragment first, Fragment second)
    {
        Fragment packed;
        packed.X = TensorCore.PackBf16(first.Z, first.X);
        packed.Y = TensorCore.PackBf16(first.W, first.Y);
        packed.Z = TensorCore.PackBf16(second.Z, second.X);
        packed.W = TensorCore.PackBf16(second.W, second.Y);
        return packed;
    }

    public static Float4 MultiplyAdd(Fragment a, uint b0, uint b1, Float4 sum) => TensorCore.MultiplyBf16(a, b0, b1, sum);
}
