using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>A format in which tensor cores multiply; they sum in single precision.</summary>
internal interface ITensorCoreMath
{
    /// <summary>
    /// Whether factors are bfloat16, two in each float of their views: an operand then counts pairs of channels where
    /// it counted channels.
    /// </summary>
    static abstract bool OfBFloat16 { get; }

    /// <summary>Depth of a stage: <see cref="TensorCoreGemm.RowBytes"/>, in two steps of an instruction.</summary>
    static abstract int StageDepth { get; }

    /// <summary>A block of 16 outer indices, as deep as one instruction multiplies, rounded to the format.</summary>
    static abstract Fragment Round(Fragment block);

    /// <summary>
    /// A warp's 16x8 results, with <paramref name="b0"/> and <paramref name="b1"/> half of a fragment of columns: its X
    /// and Y, or its Z and W.
    /// </summary>
    static abstract Float4 MultiplyAdd(Fragment a, uint b0, uint b1, Float4 sum);

    /// <summary>
    /// Begins a warpgroup's 64 rows by 64 columns, with a warp's rows in <paramref name="a"/> and columns in shared
    /// memory (<see cref="Warpgroup"/>).
    /// </summary>
    static abstract WarpColumns64 MultiplyAdd(Fragment a, long columns, WarpColumns64 sums);

    /// <inheritdoc cref="MultiplyAdd(Fragment, long, WarpColumns64)"/>
    static abstract WarpColumns128 MultiplyAdd(Fragment a, long columns, WarpColumns128 sums);
}

/// <summary>10 bits of mantissa and the exponent of single precision.</summary>
/// <remarks>
/// Tensor cores ignore the last 13 bits of a factor, which alone would draw every sum towards zero. Half a unit of the
/// last place that counts, added before, makes that a rounding to nearest, but finding a number's unit takes three
/// instructions (<c>cvt.rna.tf32</c> as the assembler writes it) for each factor, as many as all the rest of the loop.
/// A fixed part of the number takes one:
/// <code>
/// f' = f + f · ln 2 / 2048        with a mantissa m from 1 to 2: 0.35 m units of 2⁻¹⁰, from 0.35 to 0.69
/// </code>
/// half a unit in the mean over mantissas as they are found (the density 1 / (m ln 2); Benford 1938), so that no
/// direction is preferred. It is less than a unit, so what tf32 can hold stays as it is. The greatest error is 0.65 ·
/// 2⁻¹⁰ of the number instead of 0.5 · 2⁻¹⁰, and the root of the mean square 0.306 units instead of 0.289. Infinity and
/// NaN stay what they are, which adding to the bits would not see to.
/// </remarks>
internal readonly struct Tf32Math : ITensorCoreMath
{
    // ln 2 / 2048
    private const float HalfUnit = 3.3845077e-4f;

    public static bool OfBFloat16 => false;

    public static int StageDepth => TensorCoreGemm.RowBytes / sizeof(float);

    public static Fragment Round(Fragment block)
    {
        block.X = Round(block.X);
        block.Y = Round(block.Y);
        block.Z = Round(block.Z);
        block.W = Round(block.W);
        return block;
    }

    public static Float4 MultiplyAdd(Fragment a, uint b0, uint b1, Float4 sum) =>
        TensorCore.MultiplyTf32(a, b0, b1, sum);

    public static WarpColumns64 MultiplyAdd(Fragment a, long columns, WarpColumns64 sums) =>
        Warpgroup.MultiplyTf32(a, columns, sums);

    public static WarpColumns128 MultiplyAdd(Fragment a, long columns, WarpColumns128 sums) =>
        Warpgroup.MultiplyTf32(a, columns, sums);

    private static uint Round(uint bits)
    {
        float value = Interop.IntAsFloat(bits);
        return Interop.FloatAsInt(value + value * HalfUnit);
    }
}

/// <summary>7 bits of mantissa and the exponent of single precision.</summary>
/// <remarks>
/// Factors lie so in memory: a layer's tensor, or a copy (<see cref="BFloat16Copies"/>). Neighbours in depth come in one
/// register, as the instruction wants them.
/// </remarks>
internal readonly struct Bf16Math : ITensorCoreMath
{
    public static bool OfBFloat16 => true;

    public static int StageDepth => TensorCoreGemm.RowBytes / 2;

    public static Fragment Round(Fragment block) => block;

    public static Float4 MultiplyAdd(Fragment a, uint b0, uint b1, Float4 sum) =>
        TensorCore.MultiplyBf16(a, b0, b1, sum);

    public static WarpColumns64 MultiplyAdd(Fragment a, long columns, WarpColumns64 sums) =>
        Warpgroup.MultiplyBf16(a, columns, sums);

    public static WarpColumns128 MultiplyAdd(Fragment a, long columns, WarpColumns128 sums) =>
        Warpgroup.MultiplyBf16(a, columns, sums);
}
