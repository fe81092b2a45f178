using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Adam and AdamW on a GPU: four neighbours per index.</summary>
internal static class AdamQuad
{
    /// <summary>Four parameters' step.</summary>
    public static void Step(
        Index1D index, ArrayView<float> parameters, ArrayView<float> mean, ArrayView<float> meanSquare,
        ArrayView<float> gradients, AdamStep step)
    {
        Float4 parameter = parameters.Cast<Float4>()[index];
        Float4 gradient = gradients.Cast<Float4>()[index] + parameter * step.WeightDecay;
        Float4 m = mean.Cast<Float4>()[index] * step.Beta1 + gradient * (1 - step.Beta1);
        Float4 v = meanSquare.Cast<Float4>()[index] * step.Beta2 + gradient * (1 - step.Beta2) * gradient;
        mean.Cast<Float4>()[index] = m;
        meanSquare.Cast<Float4>()[index] = v;
        parameter.X = Updated(parameter.X, m.X, v.X, step);
        parameter.Y = Updated(parameter.Y, m.Y, v.Y, step);
        parameter.Z = Updated(parameter.Z, m.Z, v.Z, step);
        parameter.W = Updated(parameter.W, m.W, v.W, step);
        parameters.Cast<Float4>()[index] = parameter;
    }

    private static float Updated(float parameter, float m, float v, AdamStep step) =>
        parameter * step.Keep - step.StepSize * m / (MathF.Sqrt(v) * step.RootCorrection + step.Epsilon);
}
