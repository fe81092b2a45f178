using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Adam and AdamW on the CPU, one chunk an index.</summary>
internal static unsafe class AdamVector
{
    /// <summary>A chunk's step.</summary>
    public static void Step(Index1D index, ArrayView<float> parameters, ArrayView<float> mean, ArrayView<float> meanSquare, ArrayView<float> gradients, AdamStep step)
    {
        (long first, int count) = Chunks.Range(index, parameters.Length);
        float* x = parameters.Pointer() + first, m = mean.Pointer() + first, v = meanSquare.Pointer() + first, g = gradients.Pointer() + first;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> gradient = Vector.Load(g + i) + Vector.Load(x + i) * step.WeightDecay;
            Vector<float> newMean = Vector.Load(m + i) * step.Beta1 + gradient * (1 - step.Beta1);
            Vector<float> newSquare = Vector.Load(v + i) * step.Beta2 + gradient * gradient * (1 - step.Beta2);
            newMean.Store(m + i);
            newSquare.Store(v + i);
            Vector<float> divisor = Vector.SquareRoot(newSquare) * step.RootCorrection + new Vector<float>(step.Epsilon);
            (Vector.Load(x + i) * step.Keep - newMean * step.StepSize / divisor).Store(x + i);
        }
        for (; i < count; i++)
        {
            float gradient = g[i] + step.WeightDecay * x[i];
            m[i] = step.Beta1 * m[i] + (1 - step.Beta1) * gradient;
            v[i] = step.Beta2 * v[i] + (1 - step.Beta2) * gradient * gradient;
            x[i] = x[i] * step.Keep - step.StepSize * m[i] / (MathF.Sqrt(v[i]) * step.RootCorrection + step.Epsilon);
        }
    }
}
