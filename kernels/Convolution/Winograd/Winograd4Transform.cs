using System.Runtime.CompilerServices;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The maths of <c>F(4, 3)</c> with the points 0, ±a, ±b and infinity: 6 multiplications for 12, in two dimensions 36
/// for 144.
/// </summary>
/// <typeparam name="T">A vector of floats (<see cref="Winograd4{TVector, TMath}"/>), or a GPU thread's float.</typeparam>
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
internal static class Winograd4Transform<T, TMath>
    where T : struct
    where TMath : struct, IArithmetic<T>
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

    /// <summary><c>Bᵀ d</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Winograd4Values<T> Input(T d0, T d1, T d2, T d3, T d4, T d5)
    {
        Winograd4Values<T> values;
        values.Zero = Add(Add(d4, -Sum, d2), Product, d0);
        T even = Add(d4, -B2, d2), odd = Add(d3, -B2, d1);
        values.A = Add(even, A1, odd);
        values.MinusA = Add(even, -A1, odd);
        even = Add(d4, -A2, d2);
        odd = Add(d3, -A2, d1);
        values.B = Add(even, B1, odd);
        values.MinusB = Add(even, -B1, odd);
        values.Infinity = Add(Add(d5, -Sum, d3), Product, d1);
        return values;
    }

    /// <summary><c>G g</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Winograd4Values<T> Weights(T g0, T g1, T g2)
    {
        Winograd4Values<T> values;
        values.Zero = Times(AtZero, g0);
        T even = Add(Times(AtA, g0), AtA2, g2);
        values.A = Add(even, AtA1, g1);
        values.MinusA = Add(even, -AtA1, g1);
        even = Add(Times(AtB, g0), AtB2, g2);
        values.B = Add(even, AtB1, g1);
        values.MinusB = Add(even, -AtB1, g1);
        values.Infinity = g2;
        return values;
    }

    /// <summary><c>Aᵀ x</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (T Y0, T Y1, T Y2, T Y3) Output(Winograd4Values<T> x)
    {
        T evenA = TMath.Add(x.A, x.MinusA), oddA = TMath.Subtract(x.A, x.MinusA);
        T evenB = TMath.Add(x.B, x.MinusB), oddB = TMath.Subtract(x.B, x.MinusB);
        return (
            TMath.Add(x.Zero, TMath.Add(evenA, evenB)),
            Add(Times(A1, oddA), B1, oddB),
            Add(Times(A2, evenA), B2, evenB),
            Add(Add(x.Infinity, A3, oddA), B3, oddB));
    }

    /// <summary><c>A y</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Winograd4Values<T> GradOutput(T y0, T y1, T y2, T y3)
    {
        Winograd4Values<T> values;
        values.Zero = y0;
        T even = Add(y0, A2, y2), odd = Add(Times(A1, y1), A3, y3);
        values.A = TMath.Add(even, odd);
        values.MinusA = TMath.Subtract(even, odd);
        even = Add(y0, B2, y2);
        odd = Add(Times(B1, y1), B3, y3);
        values.B = TMath.Add(even, odd);
        values.MinusB = TMath.Subtract(even, odd);
        values.Infinity = y3;
        return values;
    }

    /// <summary><c>Gᵀ x</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (T G0, T G1, T G2) GradWeights(Winograd4Values<T> x)
    {
        T evenA = TMath.Add(x.A, x.MinusA), evenB = TMath.Add(x.B, x.MinusB);
        return (
            Add(Add(Times(AtZero, x.Zero), AtA, evenA), AtB, evenB),
            Add(Times(AtA1, TMath.Subtract(x.A, x.MinusA)), AtB1, TMath.Subtract(x.B, x.MinusB)),
            Add(Add(x.Infinity, AtA2, evenA), AtB2, evenB));
    }

    /// <summary><c>sum + factor · x</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Add(T sum, float factor, T x) => TMath.MultiplyAdd(TMath.Create(factor), x, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Times(float factor, T x) => TMath.Multiply(TMath.Create(factor), x);
}
