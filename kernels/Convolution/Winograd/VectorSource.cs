using System.Runtime.CompilerServices;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Where a one-dimensional transform finds its vectors.</summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
internal interface IVectorSource<TVector>
{
    /// <summary>The vector of element <paramref name="i"/>.</summary>
    TVector this[int i] { get; }
}

/// <summary>Vectors at a fixed distance from each other.</summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <param name="first">The first vector.</param>
/// <param name="step">Floats from one vector to the next.</param>
internal readonly unsafe struct Strided<TVector, TMath>(float* first, nint step) : IVectorSource<TVector>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    /// <inheritdoc/>
    public TVector this[int i]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TMath.Load(first + i * step);
    }
}

/// <summary>Vectors of pixels that may lie anywhere: some channels of each.</summary>
/// <typeparam name="TVector">A vector of floats.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <param name="pixels">Pointers to pixels.</param>
/// <param name="step">Pointers from one element to the next.</param>
/// <param name="channel">The first channel of the vectors.</param>
internal readonly unsafe struct Indirect<TVector, TMath>(
    float** pixels, nint step, nint channel) : IVectorSource<TVector>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    /// <inheritdoc/>
    public TVector this[int i]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TMath.Load(pixels[i * step] + channel);
    }
}
