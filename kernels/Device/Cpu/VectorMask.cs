using System.Numerics;
using System.Runtime.CompilerServices;

namespace IlgpuCxr.Kernels.Device;

/// <summary>ReLU's mask on the CPU, as <see cref="Float4.Masked"/> is on a GPU.</summary>
internal static class VectorMask
{
    /// <summary>
    /// The value, or 0 where <paramref name="sign"/> is at most 0; a NaN is not, and keeps its value.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Masked(this Vector<float> value, Vector<float> sign) =>
        Vector.ConditionalSelect(Vector.LessThanOrEqual(sign, default), default, value);
}
