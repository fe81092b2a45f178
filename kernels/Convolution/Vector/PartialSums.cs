using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>Adds up what tasks have summed each by itself, always in the same order.</summary>
internal static unsafe class PartialSums
{
    // Small enough to stay in the first-level cache.
    private const int Chunk = 2048;

    /// <summary><c>sum[i] = Σ slice  partial[slice, i]</c></summary>
    public static void Launch(ComputeDevice device, ArrayView<float> sum, ArrayView<float> partial, int slices) =>
        device.Launch(AddChunk, Ceiling.Divide(sum.IntLength, Chunk), sum, partial, slices);

    /// <summary>Adds a chunk of all slices' partial sums, in the order of the slices.</summary>
    public static void AddChunk(Index1D index, ArrayView<float> sum, ArrayView<float> partial, int slices)
    {
        int first = index * Chunk, count = Math.Min(Chunk, (int)sum.Length - first);
        float* destination = sum.Pointer() + first;
        float* source = partial.Pointer() + first;
        new Span<float>(source, count).CopyTo(new Span<float>(destination, count));
        for (int slice = 1; slice < slices; slice++)
            Add(destination, source + slice * sum.Length, count);
    }

    /// <summary><c>destination += source</c></summary>
    public static void Add(float* destination, float* source, int count)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            (Vector.Load(destination + i) + Vector.Load(source + i)).Store(destination + i);
        for (; i < count; i++)
            destination[i] += source[i];
    }
}
