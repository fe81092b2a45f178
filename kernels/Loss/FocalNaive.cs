using ILGPU;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>The focal loss: a batch is a few hundred numbers, so that nothing faster is wanted.</summary>
internal static class FocalNaive
{
    /// <summary>One image's loss summed over its classes, and its part of the gradient where one is wanted.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> losses, ArrayView<float> gradLogits, ArrayView<float> logits,
        ArrayView<float> targets, float alpha, float gamma, float scale, LossShape shape)
    {
        float sum = 0;
        for (int i = index * shape.C; i < (index + 1) * shape.C; i++)
        {
            float x = logits[i], y = targets[i];
            float log1 = -StableLogistic.Softplus(-x), log0 = -StableLogistic.Softplus(x);
            float p = StableLogistic.Sigmoid(x), q = StableLogistic.Sigmoid(-x);
            float positive = y * alpha * MathF.Exp(gamma * log0);
            float negative = (1 - y) * (1 - alpha) * MathF.Exp(gamma * log1);
            // Scaled one by one: the sum of a few large losses may overflow where their mean does not.
            sum -= scale * (positive * log1 + negative * log0);
            if (gradLogits.Length > 0)
                gradLogits[i] = scale * (positive * (gamma * p * log1 - q) + negative * (p - gamma * q * log0));
        }
        losses[index] = sum;
    }
}
