using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// What is kept of a slice of pixels for four channels, in two rows of channels: mean over squares, or two sums.
/// </summary>
internal struct SliceQuad
{
    public Float4 Upper;
    public Float4 Lower;

    /// <summary>Both values of a slice, 0 from <paramref name="end"/> on.</summary>
    /// <remarks>
    /// Callers start four reads before they use the first, so that memory's latency is waited for once and not four
    /// times. Past the end the last slice is read and not used: a branch around the read would keep it from starting
    /// early.
    /// </remarks>
    public static SliceQuad Read(ArrayView<Float4> parts, int slice, int end, int quads, int quad)
    {
        int at = Math.Min(slice, end - 1) * 2 * quads + quad;
        SliceQuad pair;
        pair.Upper = parts[at];
        pair.Lower = parts[at + quads];
        return slice < end ? pair : default;
    }
}
