using ILGPU;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// Batch normalisation as the simplest possible kernels: sums one channel per index, all else one element per index.
/// </summary>
internal static class BatchNormNaive
{
    /// <summary>The statistics of one channel in two passes: a mean, then squares of differences from it, because
    /// <c>mean(x²) - mean(x)²</c> cancels where the mean is large.</summary>
    public static void Statistics(
        Index1D c, ArrayView<float> mean, ArrayView<float> inverseStd, ArrayView<float> runningMean,
        ArrayView<float> runningVar, ArrayView<float> input, float momentum, float epsilon, BatchNormShape shape)
    {
        // One partial sum per row keeps the rounding error of these long sums small.
        float sum = 0;
        for (int row = 0; row < shape.N * shape.H; row++)
        {
            float partial = 0;
            for (int w = 0; w < shape.W; w++)
                partial += input[(row * shape.W + w) * shape.C + c];
            sum += partial;
        }
        float center = sum / shape.Pixels, squares = 0;
        for (int row = 0; row < shape.N * shape.H; row++)
        {
            float partial = 0;
            for (int w = 0; w < shape.W; w++)
            {
                float difference = input[(row * shape.W + w) * shape.C + c] - center;
                partial += difference * difference;
            }
            squares += partial;
        }
        mean[c] = center;
        inverseStd[c] = 1 / MathF.Sqrt(squares / shape.Pixels + epsilon);
        runningMean[c] = (1 - momentum) * runningMean[c] + momentum * center;
        runningVar[c] = (1 - momentum) * runningVar[c] + momentum * squares / (shape.Pixels - 1);
    }

    /// <summary>
    /// One channel of <c>inverseStd = 1 / √(runningVar + epsilon)</c>, what evaluation has instead of
    /// <see cref="Statistics"/>.
    /// </summary>
    public static void InverseStd(Index1D c, ArrayView<float> inverseStd, ArrayView<float> runningVar, float epsilon) =>
        inverseStd[c] = 1 / MathF.Sqrt(runningVar[c] + epsilon);

    /// <summary>One output: normalise, scale, shift, add the residual, ReLU.</summary>
    public static void Normalize(
        Index1D index, ArrayView<float> output, ArrayView<float> input, ArrayView<float> residual,
        BatchNormChannels channels, int relu, BatchNormShape shape)
    {
        float value = Normalized(input, channels, index % shape.C, index);
        if (residual.Length > 0)
            value += residual[index];
        output[index] = relu != 0 & value <= 0 ? 0 : value;
    }

    /// <summary>
    /// The two sums of one channel: <c>sums[c] = Σ g</c> and <c>sums[C + c] = Σ g x̂</c>, also written to the
    /// parameters' gradients.
    /// </summary>
    public static void GradientSums(
        Index1D c, ArrayView<float> sums, ArrayView<float> gradWeight, ArrayView<float> gradBias,
        ArrayView<float> gradOutput, ArrayView<float> output, ArrayView<float> input, BatchNormChannels channels,
        int masks, BatchNormShape shape)
    {
        float sum = 0, sumCentered = 0;
        for (int row = 0; row < shape.N * shape.H; row++)
        {
            float partial = 0, partialCentered = 0;
            for (int w = 0; w < shape.W; w++)
            {
                int i = (row * shape.W + w) * shape.C + c;
                float gradient = Masked(gradOutput, output, input, channels, masks, c, i);
                partial += gradient;
                partialCentered += gradient * (input[i] - channels.Mean[c]);
            }
            sum += partial;
            sumCentered += partialCentered;
        }
        float sumNormalized = sumCentered * channels.InverseStd[c];
        sums[c] = sum;
        sums[shape.C + c] = sumNormalized;
        if (gradWeight.Length > 0)
            gradWeight[c] = sumNormalized;
        if (gradBias.Length > 0)
            gradBias[c] = sum;
    }

    /// <summary>One element of <c>gradResidual</c>.</summary>
    public static void GradResidual(
        Index1D index, ArrayView<float> gradResidual, ArrayView<float> gradOutput, ArrayView<float> output,
        ArrayView<float> input, BatchNormChannels channels, int masks, BatchNormShape shape) =>
        gradResidual[index] = Masked(gradOutput, output, input, channels, masks, index % shape.C, index);

    /// <summary>One element of <c>gradInput = weight · inverseStd · (g - Σ g / M - x̂ · Σ g x̂ / M)</c>.</summary>
    public static void GradInput(
        Index1D index, ArrayView<float> gradInput, ArrayView<float> gradOutput, ArrayView<float> output,
        ArrayView<float> input, BatchNormChannels channels, int masks, ArrayView<float> sums, BatchNormShape shape)
    {
        int c = index % shape.C;
        float normalized = (input[index] - channels.Mean[c]) * channels.InverseStd[c];
        float gradient = Masked(gradOutput, output, input, channels, masks, c, index);
        gradInput[index] = channels.Weight[c] * channels.InverseStd[c]
            * (gradient - sums[c] / shape.Pixels - normalized * (sums[shape.C + c] / shape.Pixels));
    }

    private static float Normalized(ArrayView<float> input, BatchNormChannels channels, int c, int index) =>
        (input[index] - channels.Mean[c]) * (channels.InverseStd[c] * channels.Weight[c]) + channels.Bias[c];

    /// <summary>
    /// <c>g</c>, the gradient of what goes into the ReLU, if there was one; <paramref name="output"/> is empty where no
    /// residual was added.
    /// </summary>
    private static float Masked(
        ArrayView<float> gradOutput, ArrayView<float> output, ArrayView<float> input, BatchNormChannels channels,
        int masks, int c, int index)
    {
        if (masks == 0)
            return gradOutput[index];
        float activated = output.Length > 0 ? output[index] : Normalized(input, channels, c, index);
        return activated <= 0 ? 0 : gradOutput[index];
    }
}
