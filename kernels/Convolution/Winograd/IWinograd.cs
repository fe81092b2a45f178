using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// Winograd's minimal filtering <c>F(m, 3)</c>: <c>m</c> outputs of a filter of three taps with <c>m + 2</c>
/// multiplications.
/// </summary>
/// <typeparam name="TVector">A vector of floats; a lane is a channel, and all lanes do the same.</typeparam>
/// <typeparam name="TMath">Its operations.</typeparam>
/// <remarks>
/// <code>
/// y = Aᵀ [(G g) ⊙ (Bᵀ d)]                      d [m + 2] inputs,  g [3] filter,  y [m] outputs,  ⊙ element by element
/// Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A               the same in two dimensions, F(m x m, 3 x 3)
/// </code>
/// (Lavin and Gray 2016, arXiv:1509.09308). Behind it is a product of polynomials that is computed from its values at
/// <c>m + 1</c> points and at infinity (Toom and Cook): G and A hold powers of the points, B the coefficients that lead
/// back. Summing over channels commutes with Aᵀ, so that per element of the transformed tile a matrix product over
/// channels remains. The map is linear in d and in g; its gradients are the transposed maps:
/// <code>
/// ∂L/∂g = Gᵀ [(Bᵀ d B) ⊙ (A ∂L/∂Y Aᵀ)] G
/// </code>
/// and that of d is the convolution of <c>∂L/∂Y</c> with the filter turned by half a turn, again
/// <c>F(m x m, 3 x 3)</c>.
/// <para>
/// Each method transforms along one dimension: it reads vectors from a source and writes its results <c>step</c> floats
/// apart.
/// </para>
/// </remarks>
internal unsafe interface IWinograd<TVector, TMath>
    where TVector : struct
    where TMath : struct, IVectorMath<TVector>
{
    /// <summary><c>m</c>, the outputs in a row of a Winograd tile.</summary>
    static abstract int Outputs { get; }

    /// <summary><c>Bᵀ d</c>: <c>m + 2</c> from <c>m + 2</c>.</summary>
    static abstract void Input<TSource>(float* destination, nint step, TSource d)
        where TSource : struct, IVectorSource<TVector>;

    /// <summary><c>G g</c>: <c>m + 2</c> from 3.</summary>
    static abstract void Weights<TSource>(float* destination, nint step, TSource g)
        where TSource : struct, IVectorSource<TVector>;

    /// <summary><c>Aᵀ x</c>: <c>m</c> from <c>m + 2</c>.</summary>
    static abstract void Output<TSource>(float* destination, nint step, TSource x)
        where TSource : struct, IVectorSource<TVector>;

    /// <summary><c>A y</c>: <c>m + 2</c> from <c>m</c>.</summary>
    static abstract void GradOutput<TSource>(float* destination, nint step, TSource y)
        where TSource : struct, IVectorSource<TVector>;

    /// <summary><c>Gᵀ x</c>: 3 from <c>m + 2</c>.</summary>
    static abstract void GradWeights<TSource>(float* destination, nint step, TSource x)
        where TSource : struct, IVectorSource<TVector>;
}
