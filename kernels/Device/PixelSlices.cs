using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <summary>How sums over pixels, of each channel, are divided among groups of threads on a GPU; the shape alone decides.</summary>
internal readonly struct PixelSlices
{
    /// <summary>Quads of channels that a group takes: 128 bytes of a pixel, a whole cache line.</summary>
    public const int GroupQuads = 8;

    /// <summary>Pixels that a group reads at once.</summary>
    public const int GroupPixels = 32;

    // Eight groups for each of an H100's 132 multiprocessors; and two pixels a thread, below which merging costs more than it spares.
    private const int WantedGroups = 1056, LeastLength = 2 * GroupPixels;

    /// <param name="pixels">Pixels in all.</param>
    /// <param name="channels">Channels, a multiple of 4.</param>
    /// <param name="wantedGroups">About how many groups; with 1 there is one slice.</param>
    public PixelSlices(int pixels, int channels, int wantedGroups = WantedGroups)
    {
        Pixels = pixels;
        Quads = new FastDivisor(Math.Max(1, channels / 4));
        ChannelGroups = Ceiling.Divide(Quads.Divisor, GroupQuads);
        int wanted = Math.Clamp(wantedGroups / ChannelGroups, 1, Math.Max(1, Pixels / LeastLength));
        Length = Ceiling.Divide(Pixels, wanted);
        Count = Ceiling.Divide(Pixels, Length);
    }

    /// <summary>How kernels of such groups are compiled.</summary>
    /// <remarks>Eight groups of 256 threads fill a multiprocessor; 32 registers a thread would spill, 64 leave four groups, which reading needs.</remarks>
    public static KernelSpecialization Groups => new(GroupQuads * GroupPixels, 4);

    /// <summary>In a kernel, the thread's quad of channels; it may be past the last.</summary>
    public static int Quad => Grid.IdxX * GroupQuads + (Group.IdxX & GroupQuads - 1);

    /// <summary>In a kernel, the thread's row: which of the pixels that the group reads at once.</summary>
    public static int Row => Group.IdxX / GroupQuads;

    /// <summary>Pixels in all.</summary>
    public int Pixels { get; }

    /// <summary>Quads of channels.</summary>
    public FastDivisor Quads { get; }

    /// <summary>Groups side by side that cover the channels.</summary>
    public int ChannelGroups { get; }

    /// <summary>Slices of the pixels.</summary>
    public int Count { get; }

    /// <summary>Pixels of a slice; the last may be shorter.</summary>
    public int Length { get; }
}
