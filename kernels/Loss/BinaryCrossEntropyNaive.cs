using ILGPU;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>
/// Binary cross entropy with logits: a batch is a few hundred numbers, so that nothing faster is wanted.
/// </summary>
internal static class BinaryCrossEntropyNaive
{
    /// <summary>One image's loss summed over its classes, and its part of the gradient where one is wanted.</summary>
    public static void Forward(
        Index1D index, ArrayView<float> losses, ArrayView<float> gradLogits, ArrayView<float> logits,
        ArrayView<float> targets, LossShape shape)
    {
        float sum = 0, scale = 1f / (shape.N * shape.C);
        for (int i = index * shape.C; i < (index + 1) * shape.C; i++)
        {
            float x = logits[i], y = targets[i];
            // y softplus(-x) + (1 - y) softplus(x): unlike softplus(x) - x y, this cancels nothing for a large logit.
            // Scaled one by one: the sum of a few large losses may overflow where their mean does not.
            sum += scale * (y * StableLogistic.Softplus(-x) + (1 - y) * StableLogistic.Softplus(x));
            if (gradLogits.Length > 0)
                // As written before it is simplified to (σ(x) - y) / (N C), which for a large logit and y = 1 cancels.
                gradLogits[i] = scale * ((1 - y) * StableLogistic.Sigmoid(x) - y * StableLogistic.Sigmoid(-x));
        }
        losses[index] = sum;
    }
}
