namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// Which elements a thread takes of a tensor <c>[pixels, C]</c>: four channels of a pixel in each quarter of them.
/// </summary>
/// <remarks>
/// What belongs to the channels is then read once for four pixels, and four reads of a tensor are under way at a time.
/// With one of 8 bytes, as of bfloat16, the 2048 threads of a multiprocessor have 16 KB under way; but 4.8 TB/s,
/// divided by 132 multiprocessors and multiplied by the some 0.7 µs that memory takes to answer, are 25 KB (Little's
/// law).
/// </remarks>
internal readonly struct PixelQuarters
{
    private readonly FastDivisor byQuads;
    private readonly int step;
    private readonly int last;

    /// <param name="pixels">Pixels of all images.</param>
    /// <param name="channels">Channels, a multiple of 4.</param>
    public PixelQuarters(int pixels, int channels)
    {
        byQuads = new FastDivisor(channels / 4);
        step = Ceiling.Divide(pixels, 4) * Quads;
        last = Sizes.Countable((long)pixels * Quads) - 1;
    }

    /// <summary>Threads that take all elements.</summary>
    public int Threads => step;

    /// <summary>Quads of channels.</summary>
    public int Quads => byQuads.Divisor;

    /// <summary>Which quad of channels is the thread's.</summary>
    public int Quad(int thread)
    {
        byQuads.Divide(thread, out int quad);
        return quad;
    }

    /// <summary>Whether a quarter, the last ones being shorter, has a pixel for the thread.</summary>
    public bool Has(int thread, int quarter) => thread + quarter * step <= last;

    /// <summary>
    /// The thread's quad in a quarter; the tensor's last where there is none, which can be read without a branch.
    /// </summary>
    public int At(int thread, int quarter) => Math.Min(thread + quarter * step, last);
}
