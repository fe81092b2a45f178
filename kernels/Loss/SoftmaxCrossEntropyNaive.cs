using ILGPU;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>Softmax and cross entropy: a batch is a few hundred numbers, so that nothing faster is wanted.</summary>
internal static class SoftmaxCrossEntropyNaive
{
    /// <summary>One image's share of the loss, and its part of the gradient where one is wanted.</summary>
    public static void Forward(
        Index1D row, ArrayView<float> losses, ArrayView<float> gradLogits, ArrayView<float> logits,
        ArrayView<int> targets, LossShape shape)
    {
        int first = row * shape.C, target = targets[row];
        float maximum = logits[first];
        for (int c = 1; c < shape.C; c++)
            maximum = MathF.Max(maximum, logits[first + c]);
        // Softmax does not change when all logits of a row move together; with the greatest at 0 no exponential
        // overflows.
        float sum = 0;
        for (int c = 0; c < shape.C; c++)
            sum += MathF.Exp(logits[first + c] - maximum);
        // The difference first: it is exact for the likely class, and ln sum would drown in a large maximum.
        // A class that does not exist has no loss, and its logit would be memory of somebody else.
        losses[row] = target < 0 || target >= shape.C
            ? float.NaN
            : (MathF.Log(sum) + (maximum - logits[first + target])) / shape.N;
        if (gradLogits.Length == 0)
            return;
        for (int c = 0; c < shape.C; c++)
        {
            float softmax = MathF.Exp(logits[first + c] - maximum) / sum;
            // 1f, not 1: C# compiles `c == target ? 1 : 0` to the comparison itself, and ILGPU 1.5.3 converts a
            // comparison to a float by taking the integers 1 and 0 as the float's bits.
            gradLogits[first + c] = (softmax - (c == target ? 1f : 0f)) / shape.N;
        }
    }
}
