namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Arithmetic on a vector of floats or on one float, so that one formula serves the CPU and GPUs.
/// </summary>
/// <typeparam name="T">The vector, or float.</typeparam>
internal interface IArithmetic<T>
{
    /// <summary>The same number in all lanes.</summary>
    static abstract T Create(float value);

    static abstract T Add(T a, T b);

    static abstract T Subtract(T a, T b);

    static abstract T Multiply(T a, T b);

    /// <summary><c>a b + c</c>, fused where the hardware can.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);
}
