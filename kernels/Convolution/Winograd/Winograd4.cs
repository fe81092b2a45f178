using System.Runtime.CompilerServices;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// <c>F(4, 3)</c> with the points 0, ±a, ±b and infinity: 6 multiplications for 12, in two dimensions 36 for 144.
/// </summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <remarks>
/// <code>
///      ⎡a²b²   0   -a²-b²   0     1    0⎤
///      ⎢ 0   -ab²   -b²     a     1    0⎥         ⎡1/a²b²   0     0  ⎤        ⎡1   1    1    1    1   0⎤
/// Bᵀ = ⎢ 0    ab²   -b²    -a     1    0⎥     G = ⎢ 1/s    a/s   a²/s⎥   Aᵀ = ⎢0   a   -a    b   -b   0⎥
///      ⎢ 0   -a²b   -a²     b     1    0⎥         ⎢ 1/s   -a/s   a²/s⎥        ⎢0   a²   a²   b²   b²  0⎥
///      ⎢ 0    a²b   -a²    -b     1    0⎥         ⎢ 1/t    b/t   b²/t⎥        ⎣0   a³  -a³   b³  -b³  1⎦
///      ⎣ 0   a²b²    0   -a²-b²   0    1⎦         ⎢ 1/t   -b/t   b²/t⎥
///                                                 ⎣  0      0     1  ⎦        s = 2a²(a²-b²),  t = 2b²(b²-a²)
/// </code>
/// The points decide how rounding errors grow. With a = 5/8 and b = 3/2 the l2 error of a random tile is half that of
/// the usual 1 and 2 (docs/convolution.md), and all entries of A and B are exact in single precision.
/// </remarks>
internal readonly unsafe struct Winograd4<TVector, TMath> : IWinograd<TVector, TMath>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    private const float A1 = 0.625f, A2 = A1 * A1, A3 = A2 * A1;
    private const float B1 = 1.5f, B2 = B1 * B1, B3 = B2 * B1;
    private const float Sum = A2 + B2, Product = A2 * B2;

    // The rows of G: at 0, at ±a, at ±b.
    private const float AtZero = (float)(1.0 / Product);
    private const float AtA = (float)(1.0 / (2.0 * A2 * (A2 - B2))), AtA1 = (float)(A1 / (2.0 * A2 * (A2 - B2)));
    private const float AtA2 = (float)(1.0 / (2.0 * (A2 - B2)));
    private const float AtB = (float)(1.0 / (2.0 * B2 * (B2 - A2))), AtB1 = (float)(B1 / (2.0 * B2 * (B2 - A2)));
    private const float AtB2 = (float)(1.0 / (2.0 * (B2 - A2)));

    /// <inheritdoc/>
    public static int Outputs => 4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<TSource>(float* destination, nint step, TSource d)
        where TSource : struct, IVectorSource<TVector>
    {
        TVector d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4];
        TMath.Store(Add(Add(d4, -Sum, d2), Product, d[0]), destination);
        TVector even = Add(d4, -B2, d2), odd = Add(d3, -B2, d1);
        TMath.Store(Add(even, A1, odd), destination + step);
        TMath.Store(Add(even, -A1, odd), destination + 2 * step);
        even = Add(d4, -A2, d2);
        odd = Add(d3, -A2, d1);
        TMath.Store(Add(even, B1, odd), destination + 3 * step);
        TMath.Store(Add(even, -B1, odd), destination + 4 * step);
        TMath.Store(Add(Add(d[5], -Sum, d3), Product, d1), destination + 5 * step);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weights<TSource>(float* destination, nint step, TSource g)
        where TSource : struct, IVectorSource<TVector>
    {
        TVector g0 = g[0], g1 = g[1], g2 = g[2];
        TMath.Store(Times(AtZero, g0), destination);
        TVector even = Add(Times(AtA, g0), AtA2, g2);
        TMath.Store(Add(even, AtA1, g1), destination + step);
        TMath.Store(Add(even, -AtA1, g1), destination + 2 * step);
        even = Add(Times(AtB, g0), AtB2, g2);
        TMath.Store(Add(even, AtB1, g1), destination + 3 * step);
        TMath.Store(Add(even, -AtB1, g1), destination + 4 * step);
        TMath.Store(g2, destination + 5 * step);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<TSource>(float* destination, nint step, TSource x)
        where TSource : struct, IVectorSource<TVector>
    {
        TVector x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4];
        TVector evenA = TMath.Add(x1, x2), oddA = TMath.Subtract(x1, x2), evenB = TMath.Add(x3, x4);
        TVector oddB = TMath.Subtract(x3, x4);
        TMath.Store(TMath.Add(x[0], TMath.Add(evenA, evenB)), destination);
        TMath.Store(Add(Times(A1, oddA), B1, oddB), destination + step);
        TMath.Store(Add(Times(A2, evenA), B2, evenB), destination + 2 * step);
        TMath.Store(Add(Add(x[5], A3, oddA), B3, oddB), destination + 3 * step);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void GradOutput<TSource>(float* destination, nint step, TSource y)
        where TSource : struct, IVectorSource<TVector>
    {
        TVector y0 = y[0], y1 = y[1], y2 = y[2], y3 = y[3];
        TMath.Store(y0, destination);
        TVector even = Add(y0, A2, y2), odd = Add(Times(A1, y1), A3, y3);
        TMath.Store(TMath.Add(even, odd), destination + step);
        TMath.Store(TMath.Subtract(even, odd), destination + 2 * step);
        even = Add(y0, B2, y2);
        odd = Add(Times(B1, y1), B3, y3);
        TMath.Store(TMath.Add(even, odd), destination + 3 * step);
        TMath.Store(TMath.Subtract(even, odd), destination + 4 * step);
        TMath.Store(y3, destination + 5 * step);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void GradWeights<TSource>(float* destination, nint step, TSource x)
        where TSource : struct, IVectorSource<TVector>
    {
        TVector x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4];
        TVector evenA = TMath.Add(x1, x2), evenB = TMath.Add(x3, x4);
        TMath.Store(Add(Add(Times(AtZero, x[0]), AtA, evenA), AtB, evenB), destination);
        TMath.Store(Add(Times(AtA1, TMath.Subtract(x1, x2)), AtB1, TMath.Subtract(x3, x4)), destination + step);
        TMath.Store(Add(Add(x[5], AtA2, evenA), AtB2, evenB), destination + 2 * step);
    }

    /// <summary><c>sum + factor · x</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Add(TVector sum, float factor, TVector x) => TMath.MultiplyAdd(TMath.Create(factor), x, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Times(float factor, TVector x) => TMath.Multiply(TMath.Create(factor), x);
}
