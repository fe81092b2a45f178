namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// How each channel's sum over all pixels is divided among groups of threads (<see cref="PixelGroup"/>) on a GPU: into
/// slices of the pixels, as the shape alone decides.
/// </summary>
internal readonly struct PixelSlices
{
    // Eight groups for each of the 132 multiprocessors of an H100 or H200; and two pixels a thread, below which merging
    // costs more than it spares.
    private const int WantedGroups = 1056, MinLength = 2 * PixelGroup.Pixels;

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

    private static int ChannelGroupsOf(int quads) => Ceiling.Divide(quads, PixelGroup.Quads);

    /// <summary>Slices of a given length.</summary>
    /// <param name="pixels">Pixels in all.</param>
    /// <param name="channels">Channels, a multiple of 4.</param>
    /// <param name="length">Pixels of a slice.</param>
    public static PixelSlices OfLength(int pixels, int channels, int length) =>
        new(pixels, new FastDivisor(channels / 4), length);

    /// <summary>The slices that so many of these make together.</summary>
    public PixelSlices Merged(int count) => new(Pixels, Quads, Length * count);

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
