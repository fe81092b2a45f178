using ILGPU;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>SGD with momentum, one parameter an index.</summary>
internal static class SgdNaive
{
    /// <summary>One parameter's step.</summary>
    public static void Step(Index1D index, ArrayView<float> parameters, ArrayView<float> momentum, ArrayView<float> gradients, SgdOptions options)
    {
        float gradient = gradients[index] + options.WeightDecay * parameters[index];
        float velocity = options.Momentum * momentum[index] + gradient;
        momentum[index] = velocity;
        float direction = options.Nesterov ? gradient + options.Momentum * velocity : velocity;
        parameters[index] -= options.LearningRate * direction;
    }
}
