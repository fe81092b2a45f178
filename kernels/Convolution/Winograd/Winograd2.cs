using System.Runtime.CompilerServices;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// <c>F(2, 3)</c> with the points 0, 1, -1 and infinity: 4 multiplications for 6, in two dimensions 16 for 36.
/// </summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <remarks>
/// <code>
///      ⎡1  0 -1  0⎤       ⎡ 1   0   0 ⎤
/// Bᵀ = ⎢0  1  1  0⎥   G = ⎢1/2 1/2 1/2⎥   Aᵀ = ⎡1  1  1  0⎤
///      ⎢0 -1  1  0⎥       ⎢1/2-1/2 1/2⎥        ⎣0  1 -1  1⎦
///      ⎣0 -1  0  1⎦       ⎣ 0   0   1 ⎦
/// </code>
/// All entries are small powers of two: with small integers as data nothing is rounded.
/// </remarks>
internal readonly unsafe struct Winograd2<TVector, TMath> : IWinograd<TVector, TMath>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    /// <inheritdoc/>
    public static int Outputs => 2;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<TSource>(float* destination, nint step, TSource d)
        where TSource : struct, IVectorSource<TVector>
    {
        TVector d1 = d[1], d2 = d[2];
        TMath.Store(TMath.Subtract(d[0], d2), destination);
        TMath.Store(TMath.Add(d1, d2), destination + step);
        TMath.Store(TMath.Subtract(d2, d1), destination + 2 * step);
        TMath.Store(TMath.Subtract(d[3], d1), destination + 3 * step);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weights<TSource>(float* destination, nint step, TSource g)
        where TSource : struct, IVectorSource<TVector>
    {
        TVector g0 = g[0], g2 = g[2], half = TMath.Create(0.5f);
        TVector even = TMath.Multiply(half, TMath.Add(g0, g2)), odd = TMath.Multiply(half, g[1]);
        TMath.Store(g0, destination);
        TMath.Store(TMath.Add(even, odd), destination + step);
        TMath.Store(TMath.Subtract(even, odd), destination + 2 * step);
        TMath.Store(g2, destination + 3 * step);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<TSource>(float* destination, nint step, TSource x)
        where TSource : struct, IVectorSource<TVector>
    {
        TVector x1 = x[1], x2 = x[2];
        TMath.Store(TMath.Add(x[0], TMath.Add(x1, x2)), destination);
        TMath.Store(TMath.Add(x[3], TMath.Subtract(x1, x2)), destination + step);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void GradOutput<TSource>(float* destination, nint step, TSource y)
        where TSource : struct, IVectorSource<TVector>
    {
        TVector y0 = y[0], y1 = y[1];
        TMath.Store(y0, destination);
        TMath.Store(TMath.Add(y0, y1), destination + step);
        TMath.Store(TMath.Subtract(y0, y1), destination + 2 * step);
        TMath.Store(y1, destination + 3 * step);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void GradWeights<TSource>(float* destination, nint step, TSource x)
        where TSource : struct, IVectorSource<TVector>
    {
        TVector x1 = x[1], x2 = x[2], half = TMath.Create(0.5f);
        TVector even = TMath.Multiply(half, TMath.Add(x1, x2)), odd = TMath.Multiply(half, TMath.Subtract(x1, x2));
        TMath.Store(TMath.Add(x[0], even), destination);
        TMath.Store(odd, destination + step);
        TMath.Store(TMath.Add(x[3], even), destination + 2 * step);
    }
}
