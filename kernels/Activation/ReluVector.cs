using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Activation;

/// <summary>ReLU on the CPU: an index is a chunk of floats.</summary>
internal static unsafe class ReluVector
{
    /// <summary>One chunk of outputs.</summary>
    public static void Forward(Index1D chunk, ArrayView<float> output, ArrayView<float> input)
    {
        long start = (long)chunk.X * CpuMemory.ChunkFloats;
        int count = (int)Math.Min(CpuMemory.ChunkFloats, input.Length - start);
        float* x = input.Pointer() + start, y = output.Pointer() + start;
        for (int i = 0; i < count; i += Vector<float>.Count)
        {
            Vector<float> value = Vector.Load(x + i);
            value.Masked(value).Store(y + i, count - i);
        }
    }

    /// <summary>One chunk of <c>gradInput</c>.</summary>
    public static void Backward(
        Index1D chunk, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output)
    {
        long start = (long)chunk.X * CpuMemory.ChunkFloats;
        int count = (int)Math.Min(CpuMemory.ChunkFloats, output.Length - start);
        float* y = output.Pointer() + start, dy = gradOutput.Pointer() + start, dx = gradInput.Pointer() + start;
        for (int i = 0; i < count; i += Vector<float>.Count)
            Vector.Load(dy + i).Masked(Vector.Load(y + i)).Store(dx + i, count - i);
    }
}
