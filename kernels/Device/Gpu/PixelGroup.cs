using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// A GPU's group of threads that goes over pixels, each thread with four channels of one in <see cref="Pixels"/>: how
/// its kernels are compiled, and what they call.
/// </summary>
internal static class PixelGroup
{
    /// <summary>Quads of channels that a group takes: 128 bytes of a pixel, a whole cache line.</summary>
    public const int Quads = 8;

    /// <summary>Pixels that a group reads at once.</summary>
    public const int Pixels = 32;

    /// <summary>How kernels of such groups are compiled.</summary>
    /// <remarks>
    /// Four groups of 256 threads for a multiprocessor, with 64 registers per thread: eight groups, which would fill
    /// it, leave 32, and the kernels spill.
    /// </remarks>
    public static KernelSpecialization Specialization => new(Quads * Pixels, 4);

    /// <summary>The thread's quad of channels; it may be past the last.</summary>
    /// <remarks>
    /// The groups of the channels lie in x, so that those which read the same lines start together; the slices lie in
    /// y, where a grid has room for 65535, many times the groups that <see cref="PixelSlices"/> wants.
    /// </remarks>
    public static int Quad => QuadOf(Grid.IdxX);

    /// <summary>The same where another dimension counts the groups of the channels.</summary>
    /// <param name="channelGroup">Which of them the thread's is.</param>
    public static int QuadOf(int channelGroup) => channelGroup * Quads + (Group.IdxX & Quads - 1);

    /// <summary>The thread's row: which of the pixels that the group reads at once.</summary>
    public static int Row => Group.IdxX / Quads;

    /// <summary>Adds the values of all rows of a group, as a tree; row 0 gets the sums of its quads.</summary>
    /// <param name="rows">Shared memory, a value for each thread.</param>
    /// <param name="value">The thread's own.</param>
    public static Float4 SumRows(ArrayView<Float4> rows, Float4 value) => SumRows(rows, value, Pixels, Quads);

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
}
