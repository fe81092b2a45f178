using System.Numerics;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>SGD with momentum on the CPU, one chunk an index.</summary>
internal static unsafe class SgdVector
{
    /// <summary>A chunk's step.</summary>
    public static void Step(Index1D index, ArrayView<float> parameters, ArrayView<float> momentum, ArrayView<float> gradients, SgdOptions options)
    {
        (long first, int count) = Chunks.Range(index, parameters.Length);
        float* x = parameters.Pointer() + first, v = momentum.Pointer() + first, g = gradients.Pointer() + first;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> gradient = Vector.Load(g + i) + Vector.Load(x + i) * options.WeightDecay;
            Vector<float> velocity = Vector.Load(v + i) * options.Momentum + gradient;
            velocity.Store(v + i);
            Vector<float> direction = options.Nesterov ? gradient + velocity * options.Momentum : velocity;
            (Vector.Load(x + i) - direction * options.LearningRate).Store(x + i);
        }
        for (; i < count; i++)
        {
            float gradient = g[i] + options.WeightDecay * x[i];
            v[i] = options.Momentum * v[i] + gradient;
            x[i] -= options.LearningRate * (options.Nesterov ? gradient + options.Momentum * v[i] : v[i]);
        }
    }
}
