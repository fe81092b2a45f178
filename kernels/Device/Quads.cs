using ILGPU;

namespace IlgpuCxr.Kernels.Device;

/// <summary>When kernels may take four neighbouring floats at a time.</summary>
internal static class Quads
{
    /// <summary>Whether every quad lies at a multiple of 16 bytes: a length or number of channels in quads, and views that start at one.</summary>
    public static bool Allows(long length, params ReadOnlySpan<ArrayView<float>> views)
    {
        bool allows = length % 4 == 0;
        foreach (ArrayView<float> view in views)
            allows &= view.Length == 0 || ((IContiguousArrayView)view).IndexInBytes % 16 == 0;
        return allows;
    }
}
