using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>When kernels may take four neighbouring floats at a time.</summary>
internal static class Quads
{
    /// <summary>
    /// Whether every quad lies at a multiple of 16 bytes: a length or number of channels in quads, and views that start
    /// at one.
    /// </summary>
    public static bool Allows(long length, params ReadOnlySpan<ArrayView<float>> views) =>
        length % 4 == 0 && AreAligned(views);

    /// <summary>Whether views start at a multiple of 16 bytes, as far as they are not empty.</summary>
    public static bool AreAligned(params ReadOnlySpan<ArrayView<float>> views)
    {
        bool areAligned = true;
        foreach (ArrayView<float> view in views)
            areAligned &= view.Length == 0 || ((IContiguousArrayView)view).IndexInBytes % 16 == 0;
        return areAligned;
    }

    /// <summary>
    /// Requires views of channels to start at a multiple of 16 bytes, for tensors that no other kernels take.
    /// </summary>
    /// <exception cref="ArgumentException">One does not.</exception>
    public static void RequireAligned(params ReadOnlySpan<ArrayView<float>> channels)
    {
        if (!AreAligned(channels))
            throw new ArgumentException(
                "Beside a tensor of bfloat16 kernels read four channels at once; let every vector of channels begin at a multiple of 16 bytes.");
    }

    /// <summary>
    /// What is left of a view from an element on, after whole quads; empty where nothing is: ILGPU takes a view that
    /// starts at the end of another for out of bounds.
    /// </summary>
    public static ArrayView<float> Rest(this ArrayView<float> view, long start) =>
        start < view.Length ? view.SubView(start) : default;
}
