using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Addition;

/// <summary>Addition on the CPU: an index is a chunk of floats.</summary>
internal static unsafe class AdditionVector
{
    /// <summary>One chunk of outputs.</summary>
    public static void Forward(Index1D chunk, ArrayView<float> output, ArrayView<float> a, ArrayView<float> b)
    {
        long start = (long)chunk.X * CpuMemory.ChunkFloats;
        int count = (int)Math.Min(CpuMemory.ChunkFloats, output.Length - start);
        float* x = a.Pointer() + start, z = b.Pointer() + start, y = output.Pointer() + start;
        for (int i = 0; i < count; i += Vector<float>.Count)
            (Vector.Load(x + i) + Vector.Load(z + i)).Store(y + i, count - i);
    }
}
