using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// How each channel's sum over all pixels is divided among groups of threads on a GPU: into slices of the pixels, as
/// the shape alone decides.
/// </summary>
internal readonly struct PixelSlices
{
    /// <summary>Quads of channels that a group takes: 128 bytes of a pixel, a whole cache line.</summary>
    public const int GroupQuads = 8;

    /// <summary>Pixels that a group reads at once.</summary>
    public const int GroupPixels = 32;

    // Eight groups for each of an H100's 132 multiprocessors; and two pixels a thread, below which merging costs more
    // than it spares.
    private const int WantedGroups = 1056, MinLength = 2 * GroupPixels;

    /// <param name="pixels">Pixels in all.</param>
    /// <param name="channels">Channels, a multiple of 4.</param>
    /// <param name="wantedGroups">About how many groups; with 1 there is one slice.</param>
    public PixelSlices(int pixels, int channels, int wantedGroups = WantedGroups)
        : this(pixels, new FastDivisor(channels / 4), LengthFor(pixels, channels, wantedGroups))
    {
    }

    private PixelSlices(int pixels, FastDivisor quads, int length)
    {
        Pixels = pixels;
        Quads = quads;
        ChannelGroups = ChannelGroupsOf(quads.Divisor);
        Length = length;
        Count = Ceiling.Divide(pixels, length);
    }

    private static int LengthFor(int pixels, int channels, int wantedGroups)
    {
        int channelGroups = ChannelGroupsOf(channels / 4);
        return Ceiling.Divide(pixels, Math.Clamp(wantedGroups / channelGroups, 1, Math.Max(1, pixels / MinLength)));
    }

    private static int ChannelGroupsOf(int quads) => Ceiling.Divide(quads, GroupQuads);

    /// <summary>Slices of a given length.</summary>
    /// <param name="pixels">Pixels in all.</param>
    /// <param name="channels">Channels, a multiple of 4.</param>
    /// <param name="length">Pixels of a slice.</param>
    public static PixelSlices OfLength(int pixels, int channels, int length) =>
        new(pixels, new FastDivisor(channels / 4), length);

    /// <summary>The slices that so many of these make together.</summary>
    public PixelSlices Merged(int count) => new(Pixels, Quads, Length * count);

    /// <summary>How kernels of such groups are compiled.</summary>
    /// <remarks>
    /// Four groups of 256 threads for a multiprocessor, with 64 registers per thread: eight groups, which would fill
    /// it, leave 32, and the kernels spill.
    /// </remarks>
    public static KernelSpecialization Groups => new(GroupQuads * GroupPixels, 4);

    /// <summary>In a kernel, the thread's quad of channels; it may be past the last.</summary>
    /// <remarks>
    /// The groups of the channels lie in x, so that those which read the same lines start together; the slices lie in
    /// y, where a grid has room for 65535, many times <see cref="WantedGroups"/>.
    /// </remarks>
    public static int Quad => QuadOf(Grid.IdxX);

    /// <summary>In a kernel, the same where another dimension counts the groups of the channels.</summary>
    /// <param name="channelGroup">Which of them the thread's is.</param>
    public static int QuadOf(int channelGroup) => channelGroup * GroupQuads + (Group.IdxX & GroupQuads - 1);

    /// <summary>In a kernel, the thread's row: which of the pixels that the group reads at once.</summary>
    public static int Row => Group.IdxX / GroupQuads;

    /// <summary>
    /// In a kernel, adds the values of all rows of a group, as a tree; row 0 gets the sums of its quads.
    /// </summary>
    /// <param name="rows">Shared memory, a value for each thread.</param>
    /// <param name="value">The thread's own.</param>
    public static Float4 SumRows(ArrayView<Float4> rows, Float4 value) => SumRows(rows, value, GroupPixels, GroupQuads);

    /// <summary>The same in a group of another form.</summary>
    /// <param name="rows">Shared memory, a value for each thread.</param>
    /// <param name="value">The thread's own.</param>
    /// <param name="count">Rows, a power of two.</param>
    /// <param name="length">Threads of a row, one after the other.</param>
    public static Float4 SumRows(ArrayView<Float4> rows, Float4 value, int count, int length)
    {
        int row = Group.IdxX / length;
        rows[Group.IdxX] = value;
        Group.Barrier();
        for (int half = count / 2; half > 0; half >>= 1)
        {
            if (row < half)
            {
                value += rows[Group.IdxX + half * length];
                rows[Group.IdxX] = value;
            }
            Group.Barrier();
        }
        return value;
    }

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
