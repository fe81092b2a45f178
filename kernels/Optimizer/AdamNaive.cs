using ILGPU;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Adam and AdamW, one parameter per index.</summary>
internal static class AdamNaive
{
    /// <summary>One parameter's step.</summary>
    public static void Step(
        Index1D index, ArrayView<float> parameters, ArrayView<float> mean, ArrayView<float> meanSquare,
        ArrayView<float> gradients, AdamStep step)
    {
        float gradient = gradients[index] + step.WeightDecay * parameters[index];
        float m = step.Beta1 * mean[index] + (1 - step.Beta1) * gradient;
        float v = step.Beta2 * meanSquare[index] + (1 - step.Beta2) * gradient * gradient;
        mean[index] = m;
        meanSquare[index] = v;
        parameters[index] =
            parameters[index] * step.Keep - step.StepSize * m / (MathF.Sqrt(v) * step.RootCorrection + step.Epsilon);
    }
}
