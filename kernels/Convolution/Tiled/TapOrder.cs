using System.Numerics;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The order in which a product goes over a filter's taps and channels, in its depth or, for the weights' gradient, its
/// columns: 16 channels, at all taps, then the next 16.
/// </summary>
/// <remarks>
/// <code>
/// depth = (channel / 16 · taps + tap) · 16 + channel mod 16        or 8, 4, 2, 1, where the channels are no multiple of 16
/// </code>
/// The taps of a filter see nearly the same pixels. In this order a group's threads read them again before anything
/// else has taken their place in the first-level cache: 128 pixels and their neighbours of 16 channels (of bfloat16 32)
/// are some 16 KB. With all channels before the next tap, every tap would come from the second level, whose bandwidth
/// would then be the limit. CUTLASS's convolutions go by the taps first for the same reason.
/// </remarks>
/// <param name="tapRows">Rows of taps; may be 0.</param>
/// <param name="tapColumns">Taps in a row; may be 0.</param>
/// <param name="channels">Channels of a tap, or pairs of channels.</param>
/// <param name="block">
/// The largest block, a power of two: <see cref="MaxBlock"/>, or twice that where this factor counts channels and the
/// other pairs of them.
/// </param>
internal readonly struct TapOrder(int tapRows, int tapColumns, int channels, int block = TapOrder.MaxBlock)
{
    /// <summary>Channels, or pairs of them, of a block at most: 64 bytes.</summary>
    public const int MaxBlock = 16;

    // Of the block, or of the largest power of two that divides the channels, if that is less.
    private readonly int blockBits = BitOperations.TrailingZeroCount(channels | block);
    private readonly FastDivisor byTaps = new(Math.Max(1, tapRows * tapColumns));
    private readonly FastDivisor byColumns = new(Math.Max(1, tapColumns));

    /// <summary>The channel at a depth, and its tap's row and column.</summary>
    public int Channel(int depth, out int row, out int column)
    {
        int channel = Channel(depth, out int tap);
        row = byColumns.Divide(tap, out column);
        return channel;
    }

    /// <summary>The depth of a tap's channel.</summary>
    public int Depth(int tap, int channel) =>
        ((channel >> blockBits) * byTaps.Divisor + tap << blockBits) + (channel & (1 << blockBits) - 1);

    /// <summary>The channel at a depth, and the number of its tap.</summary>
    public int Channel(int depth, out int tap)
    {
        int block = byTaps.Divide(depth >> blockBits, out tap);
        return (block << blockBits) + (depth & (1 << blockBits) - 1);
    }
}
