using ILGPU;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>Softmax and cross entropy as the simplest possible kernel: one row an index.</summary>
internal static class SoftmaxCrossEntropyNaive
{
    /// <summary>The gradient of one row; the first index also sums the loss over all rows, always in the same order.</summary>
    public static void Forward(Index1D row, ArrayView<float> loss, ArrayView<float> gradLogits, ArrayView<float> logits, ArrayView<int> targets, LossShape shape)
    {
        if (gradLogits.Length > 0)
        {
            float maximum = Maximum(logits, row, shape), sum = ExponentialSum(logits, row, maximum, shape);
            for (int c = 0; c < shape.C; c++)
            {
                float softmax = MathF.Exp(logits[row * shape.C + c] - maximum) / sum;
                // 1f, not 1: ILGPU 1.5.3 writes the bits of the integers where a choice between two of them is converted to a float.
                gradLogits[row * shape.C + c] = (softmax - (c == targets[row] ? 1f : 0f)) / shape.N;
            }
        }
        if (row == 0)
        {
            float total = 0;
            for (int n = 0; n < shape.N; n++)
            {
                float maximum = Maximum(logits, n, shape);
                // The difference first: it is exact for the likely class, and ln sum would drown in a large maximum.
                total += MathF.Log(ExponentialSum(logits, n, maximum, shape)) + (maximum - logits[n * shape.C + targets[n]]);
            }
            loss[0] = total / shape.N;
        }
    }

    private static float Maximum(ArrayView<float> logits, int row, LossShape shape)
    {
        float maximum = logits[row * shape.C];
        for (int c = 1; c < shape.C; c++)
            maximum = MathF.Max(maximum, logits[row * shape.C + c]);
        return maximum;
    }

    private static float ExponentialSum(ArrayView<float> logits, int row, float maximum, LossShape shape)
    {
        // Softmax does not change when all logits of a row move together; with the greatest at 0 no exponential overflows.
        float sum = 0;
        for (int c = 0; c < shape.C; c++)
            sum += MathF.Exp(logits[row * shape.C + c] - maximum);
        return sum;
    }
}
