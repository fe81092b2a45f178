using System.Runtime.CompilerServices;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>Logistic functions in single precision that no finite logit overflows; callable from kernels.</summary>
internal static class StableLogistic
{
    // log(1 + e) = e - e²/2 to single precision below this: the next term, e³/3, is under 2^-24 of e.
    private const float SeriesBelow = 4e-4f;

    /// <summary>
    /// <c>softplus(x) = log(1 + exp(x)) = -log(1 - σ(x))</c>, never the exponential of a positive number.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Softplus(float x)
    {
        float e = MathF.Exp(x > 0 ? -x : x);
        float log = e < SeriesBelow ? e * (1 - 0.5f * e) : MathF.Log(1 + e);
        return (x > 0 ? x : 0) + log;
    }

    /// <summary><c>σ(x) = 1 / (1 + exp(-x))</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sigmoid(float x)
    {
        float e = MathF.Exp(x > 0 ? -x : x);
        return (x > 0 ? 1 : e) / (1 + e);
    }
}
