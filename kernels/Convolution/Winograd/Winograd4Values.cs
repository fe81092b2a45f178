namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// What <see cref="Winograd4Transform{T, TMath}"/> makes of a row of a Winograd tile: a value for each point.
/// </summary>
/// <typeparam name="T">A vector of floats, or a float.</typeparam>
internal struct Winograd4Values<T>(T zero, T a, T minusA, T b, T minusB, T infinity)
    where T : struct
{
    public T Zero = zero;
    public T A = a;
    public T MinusA = minusA;
    public T B = b;
    public T MinusB = minusB;
    public T Infinity = infinity;
}
