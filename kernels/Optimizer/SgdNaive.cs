using ILGPU;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Stochastic gradient descent as the simplest possible kernel: one parameter per index.</summary>
internal static class SgdNaive
{
    /// <summary>One parameter and its momentum.</summary>
    public static void Step(
        Index1D index, ArrayView<float> parameters, ArrayView<float> momentumBuffer, ArrayView<float> gradients,
        float learningRate, float momentum, float weightDecay, int nesterov)
    {
        float gradient = gradients[index] + weightDecay * parameters[index];
        if (momentum != 0)
        {
            float buffer = momentum * momentumBuffer[index] + gradient;
            momentumBuffer[index] = buffer;
            gradient = nesterov != 0 ? gradient + momentum * buffer : buffer;
        }
        parameters[index] -= learningRate * gradient;
    }
}
