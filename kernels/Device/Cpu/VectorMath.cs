using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuCxr.Kernels.Device;

/// <summary>What a register tile needs of a vector width, so that one source serves every width.</summary>
/// <typeparam name="TVector">The .NET vector of that width.</typeparam>
internal unsafe interface IVectorMath<TVector> : IArithmetic<TVector>
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>
    /// Rows of a register tile two vectors wide: the rows' accumulators, two operands and a broadcast fill the
    /// registers.
    /// </summary>
    static abstract int TileRows { get; }

    static abstract TVector Load(float* source);

    static abstract TVector Broadcast(float* source);

    /// <summary>The value, or 0 where <paramref name="sign"/> is at most 0.</summary>
    static abstract TVector Masked(TVector value, TVector sign);

    static abstract void Store(TVector value, float* destination);
}

/// <summary>AVX-512: 32 registers of 16 floats.</summary>
internal readonly unsafe struct Vector512Math : IVectorMath<Vector512<float>>
{
    public static int Count => 16;

    public static int TileRows => 14;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float* source) => Vector512.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Masked(Vector512<float> value, Vector512<float> sign) =>
        Vector512.AndNot(value, Vector512.LessThanOrEqual(sign, Vector512<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* destination) => value.Store(destination);
}

/// <summary>AVX2: 16 registers of 8 floats.</summary>
internal readonly unsafe struct Vector256Math : IVectorMath<Vector256<float>>
{
    public static int Count => 8;

    public static int TileRows => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float* source) => Vector256.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Masked(Vector256<float> value, Vector256<float> sign) =>
        Vector256.AndNot(value, Vector256.LessThanOrEqual(sign, Vector256<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* destination) => value.Store(destination);
}

/// <summary>ARM64 AdvSimd: 32 registers of 4 floats; on any other machine what .NET makes of them.</summary>
internal readonly unsafe struct Vector128Math : IVectorMath<Vector128<float>>
{
    public static int Count => 4;

    public static int TileRows => 14;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float* source) => Vector128.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Masked(Vector128<float> value, Vector128<float> sign) =>
        Vector128.AndNot(value, Vector128.LessThanOrEqual(sign, Vector128<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* destination) => value.Store(destination);
}
