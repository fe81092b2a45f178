using System.Runtime.CompilerServices;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// <c>F(4, 3)</c>, a quarter of the direct multiplications in two dimensions;
/// <see cref="Winograd4Transform{T, TMath}"/> has its matrices.
/// </summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
internal readonly unsafe struct Winograd4<TVector, TMath> : IWinograd<TVector, TMath>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    /// <inheritdoc/>
    public static int Outputs => 4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<TSource>(float* destination, nint step, TSource d)
        where TSource : struct, IVectorSource<TVector> =>
        Store(Winograd4Transform<TVector, TMath>.Input(d[0], d[1], d[2], d[3], d[4], d[5]), destination, step);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weights<TSource>(float* destination, nint step, TSource g)
        where TSource : struct, IVectorSource<TVector> =>
        Store(Winograd4Transform<TVector, TMath>.Weights(g[0], g[1], g[2]), destination, step);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<TSource>(float* destination, nint step, TSource x)
        where TSource : struct, IVectorSource<TVector>
    {
        var y = Winograd4Transform<TVector, TMath>.Output(Load(x));
        TMath.Store(y.Y0, destination);
        TMath.Store(y.Y1, destination + step);
        TMath.Store(y.Y2, destination + 2 * step);
        TMath.Store(y.Y3, destination + 3 * step);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void GradOutput<TSource>(float* destination, nint step, TSource y)
        where TSource : struct, IVectorSource<TVector> =>
        Store(Winograd4Transform<TVector, TMath>.GradOutput(y[0], y[1], y[2], y[3]), destination, step);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void GradWeights<TSource>(float* destination, nint step, TSource x)
        where TSource : struct, IVectorSource<TVector>
    {
        var g = Winograd4Transform<TVector, TMath>.GradWeights(Load(x));
        TMath.Store(g.G0, destination);
        TMath.Store(g.G1, destination + step);
        TMath.Store(g.G2, destination + 2 * step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Winograd4Values<TVector> Load<TSource>(TSource x)
        where TSource : struct, IVectorSource<TVector> =>
        new(x[0], x[1], x[2], x[3], x[4], x[5]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Winograd4Values<TVector> values, float* destination, nint step)
    {
        TMath.Store(values.Zero, destination);
        TMath.Store(values.A, destination + step);
        TMath.Store(values.MinusA, destination + 2 * step);
        TMath.Store(values.B, destination + 3 * step);
        TMath.Store(values.MinusB, destination + 4 * step);
        TMath.Store(values.Infinity, destination + 5 * step);
    }
}
