using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Stochastic gradient descent on a GPU: four neighbours per index.</summary>
internal static class SgdQuad
{
    /// <summary>Four parameters and their momentum.</summary>
    public static void Step(
        Index1D index, ArrayView<float> parameters, ArrayView<float> momentumBuffer, ArrayView<float> gradients,
        float learningRate, float momentum, float weightDecay, int nesterov)
    {
        Float4 parameter = parameters.Cast<Float4>()[index];
        Float4 gradient = gradients.Cast<Float4>()[index] + parameter * weightDecay;
        if (momentum != 0)
        {
            Float4 buffer = momentumBuffer.Cast<Float4>()[index] * momentum + gradient;
            momentumBuffer.Cast<Float4>()[index] = buffer;
            gradient = nesterov != 0 ? gradient + buffer * momentum : buffer;
        }
        parameters.Cast<Float4>()[index] = parameter - gradient * learningRate;
    }
}
