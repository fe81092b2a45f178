using ILGPU;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>Softmax cross entropy: a batch is a few hundred numbers, so that nothing faster is wanted.</summary>
internal static class SoftmaxCrossEntropyNaive
{
    /// <summary>One image's part of the mean loss, and its part of the gradient where one is wanted.</summary>
    public static void Forward(Index1D index, ArrayView<float> losses, ArrayView<float> gradLogits, ArrayView<float> logits, ArrayView<int> targets, LossShape shape)
    {
        int row = index * shape.C, target = targets[index];
        float largest = logits[row];
        for (int c = 1; c < shape.C; c++)
            largest = logits[row + c] > largest ? logits[row + c] : largest;
        float sum = 0;
        for (int c = 0; c < shape.C; c++)
            sum += MathF.Exp(logits[row + c] - largest);
        losses[index] = (MathF.Log(sum) - (logits[row + target] - largest)) / shape.N;
        if (gradLogits.Length == 0)
            return;
        for (int c = 0; c < shape.C; c++)
        {
            float probability = MathF.Exp(logits[row + c] - largest) / sum;
            gradLogits[row + c] = (probability - (c == target ? 1 : 0)) / shape.N;
        }
    }
}
