using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Stochastic gradient descent on the CPU: an index is a chunk of parameters.</summary>
internal static unsafe class SgdVector
{
    /// <summary>One chunk of parameters and their momentum.</summary>
    public static void Step(
        Index1D chunk, ArrayView<float> parameters, ArrayView<float> momentumBuffer, ArrayView<float> gradients,
        float learningRate, float momentum, float weightDecay, int nesterov)
    {
        long start = (long)chunk.X * CpuMemory.ChunkFloats;
        int count = (int)Math.Min(CpuMemory.ChunkFloats, parameters.Length - start);
        float* w = parameters.Pointer() + start, dw = gradients.Pointer() + start;
        float* kept = momentum != 0 ? momentumBuffer.Pointer() + start : null;
        for (int i = 0; i < count; i += Vector<float>.Count)
        {
            Vector<float> parameter = Vector.Load(w + i), gradient = Vector.Load(dw + i) + parameter * weightDecay;
            if (kept != null)
            {
                Vector<float> buffer = Vector.Load(kept + i) * momentum + gradient;
                buffer.Store(kept + i, count - i);
                gradient = nesterov != 0 ? gradient + buffer * momentum : buffer;
            }
            (parameter - gradient * learningRate).Store(w + i, count - i);
        }
    }
}
