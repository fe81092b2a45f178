using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Adam and AdamW on the CPU, one chunk per index.</summary>
internal static unsafe class AdamVector
{
    /// <summary>A chunk's step.</summary>
    public static void Step(
        Index1D index, ArrayView<float> parameters, ArrayView<float> mean, ArrayView<float> meanSquare,
        ArrayView<float> gradients, AdamStep step)
    {
        long start = (long)index.X * CpuMemory.ChunkFloats;
        int count = (int)Math.Min(CpuMemory.ChunkFloats, parameters.Length - start);
        float* w = parameters.Pointer() + start, m = mean.Pointer() + start, v = meanSquare.Pointer() + start;
        float* dw = gradients.Pointer() + start;
        for (int i = 0; i < count; i += Vector<float>.Count)
        {
            Vector<float> parameter = Vector.Load(w + i), gradient = Vector.Load(dw + i) + parameter * step.WeightDecay;
            Vector<float> newMean = Vector.Load(m + i) * step.Beta1 + gradient * (1 - step.Beta1);
            Vector<float> newSquare = Vector.Load(v + i) * step.Beta2 + (1 - step.Beta2) * gradient * gradient;
            newMean.Store(m + i, count - i);
            newSquare.Store(v + i, count - i);
            Vector<float> divisor =
                Vector.SquareRoot(newSquare) * step.RootCorrection + new Vector<float>(step.Epsilon);
            (parameter * step.Keep - newMean * step.StepSize / divisor).Store(w + i, count - i);
        }
    }
}
