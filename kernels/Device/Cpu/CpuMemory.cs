using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using ILGPU;
using ILGPU.Runtime;

namespace IlgpuCxr.Kernels.Device;

/// <summary>Plain pointers for the CPU's vector kernels.</summary>
internal static unsafe class CpuMemory
{
    /// <summary>
    /// Floats that a memory-bound kernel takes at a time: 64 KiB stay in the second-level cache of every processor that
    /// has vectors worth using, and are long enough to hide what starting a chunk costs.
    /// </summary>
    /// <remarks>
    /// A constant, not a property of the machine: partial results are cut at chunks, and must be the same everywhere.
    /// </remarks>
    public const int ChunkFloats = 16 * 1024;

    /// <summary>Floats in a cache line of 64 bytes.</summary>
    public const int LineFloats = 16;

    /// <summary>Chunks of <see cref="ChunkFloats"/> that cover <paramref name="count"/> floats.</summary>
    public static int Chunks(long count) => (int)((count + ChunkFloats - 1) / ChunkFloats);

    /// <summary>
    /// The address of a view's first element. Indexing a view checks bounds and costs about 4 ns on the CPU; a vector
    /// kernel takes the address once a call.
    /// </summary>
    public static T* Pointer<T>(this ArrayView<T> view)
        where T : unmanaged =>
        view.Length == 0 ? null : (T*)view.LoadEffectiveAddressAsPtr();

    /// <summary>
    /// Asks for the cache line of an address that will be read soon, where the processor can be asked; any address will
    /// do.
    /// </summary>
    /// <remarks>
    /// A processor foresees runs of many lines by itself. This is for one or a few lines here and there.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>
    /// Writes the first <paramref name="count"/> lanes, all of them when there are not so many; none of a count below 1.
    /// </summary>
    /// <remarks>
    /// A vector may be read past the end of what it should hold (<see cref="DeviceBuffer{T}"/> keeps slack for that)
    /// but never written, so the last vector of a row of channels ends here.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(this Vector<float> value, float* destination, int count)
    {
        if (count >= Vector<float>.Count)
            Vector.Store(value, destination);
        else
            StoreFirst(value, destination, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreFirst(Vector<float> value, float* destination, int count)
    {
        for (int lane = 0; lane < count; lane++)
            destination[lane] = value[lane];
    }
}
