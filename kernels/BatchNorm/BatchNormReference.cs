namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// Batch normalisation's definition, written down literally in double precision; <see cref="BatchNormShape"/> has the
/// formulas.
/// </summary>
public static class BatchNormReference
{
    /// <summary>Normalises with the statistics of the batch, and updates the running statistics.</summary>
    /// <param name="output"><c>[N, H, W, C]</c></param>
    /// <param name="mean"><c>[C]</c></param>
    /// <param name="inverseStd"><c>[C]</c></param>
    /// <param name="runningMean"><c>[C]</c>, updated.</param>
    /// <param name="runningVar"><c>[C]</c>, updated with the unbiased variance.</param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="residual"><c>[N, H, W, C]</c>, or empty for none.</param>
    /// <param name="weight"><c>[C]</c></param>
    /// <param name="bias"><c>[C]</c></param>
    /// <param name="momentum">Share of the batch in the new running statistics.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="shape">The sizes.</param>
    public static void ForwardTraining(
        Span<double> output, Span<double> mean, Span<double> inverseStd, Span<double> runningMean,
        Span<double> runningVar, ReadOnlySpan<double> input, ReadOnlySpan<double> residual, ReadOnlySpan<double> weight,
        ReadOnlySpan<double> bias, double momentum, double epsilon, bool relu, in BatchNormShape shape)
    {
        for (int c = 0; c < shape.C; c++)
        {
            double sum = 0, squares = 0;
            for (int i = c; i < input.Length; i += shape.C)
                sum += input[i];
            mean[c] = sum / shape.Pixels;
            for (int i = c; i < input.Length; i += shape.C)
                squares += (input[i] - mean[c]) * (input[i] - mean[c]);
            inverseStd[c] = 1 / Math.Sqrt(squares / shape.Pixels + epsilon);
            runningMean[c] = (1 - momentum) * runningMean[c] + momentum * mean[c];
            runningVar[c] = (1 - momentum) * runningVar[c] + momentum * squares / (shape.Pixels - 1);
        }
        Normalize(output, input, residual, mean, inverseStd, weight, bias, relu, shape);
    }

    /// <summary>Normalises with the running statistics.</summary>
    /// <param name="output"><c>[N, H, W, C]</c></param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="residual"><c>[N, H, W, C]</c>, or empty for none.</param>
    /// <param name="runningMean"><c>[C]</c></param>
    /// <param name="runningVar"><c>[C]</c></param>
    /// <param name="weight"><c>[C]</c></param>
    /// <param name="bias"><c>[C]</c></param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="shape">The sizes.</param>
    public static void ForwardEvaluation(
        Span<double> output, ReadOnlySpan<double> input, ReadOnlySpan<double> residual,
        ReadOnlySpan<double> runningMean, ReadOnlySpan<double> runningVar, ReadOnlySpan<double> weight,
        ReadOnlySpan<double> bias, double epsilon, bool relu, in BatchNormShape shape)
    {
        var inverseStd = new double[shape.C];
        for (int c = 0; c < shape.C; c++)
            inverseStd[c] = 1 / Math.Sqrt(runningVar[c] + epsilon);
        Normalize(output, input, residual, runningMean, inverseStd, weight, bias, relu, shape);
    }

    /// <summary>The gradients of <see cref="ForwardTraining"/>.</summary>
    /// <param name="gradInput"><c>[N, H, W, C]</c></param>
    /// <param name="gradResidual"><c>[N, H, W, C]</c></param>
    /// <param name="gradWeight"><c>[C]</c></param>
    /// <param name="gradBias"><c>[C]</c></param>
    /// <param name="gradOutput"><c>[N, H, W, C]</c></param>
    /// <param name="output">What the forward pass gave.</param>
    /// <param name="input">What the forward pass took.</param>
    /// <param name="mean">What the forward pass saved.</param>
    /// <param name="inverseStd">What the forward pass saved.</param>
    /// <param name="weight"><c>[C]</c></param>
    /// <param name="relu">Whether ReLU followed.</param>
    /// <param name="shape">The sizes.</param>
    public static void Backward(
        Span<double> gradInput, Span<double> gradResidual, Span<double> gradWeight, Span<double> gradBias,
        ReadOnlySpan<double> gradOutput, ReadOnlySpan<double> output, ReadOnlySpan<double> input,
        ReadOnlySpan<double> mean, ReadOnlySpan<double> inverseStd, ReadOnlySpan<double> weight, bool relu,
        in BatchNormShape shape)
    {
        for (int i = 0; i < input.Length; i++)
            gradResidual[i] = relu && output[i] <= 0 ? 0 : gradOutput[i];
        for (int c = 0; c < shape.C; c++)
        {
            gradWeight[c] = 0;
            gradBias[c] = 0;
            for (int i = c; i < input.Length; i += shape.C)
            {
                gradBias[c] += gradResidual[i];
                gradWeight[c] += gradResidual[i] * (input[i] - mean[c]) * inverseStd[c];
            }
            for (int i = c; i < input.Length; i += shape.C)
            {
                double normalized = (input[i] - mean[c]) * inverseStd[c];
                gradInput[i] =
                    weight[c] * inverseStd[c]
                    * (gradResidual[i] - gradBias[c] / shape.Pixels - normalized * gradWeight[c] / shape.Pixels);
            }
        }
    }

    private static void Normalize(
        Span<double> output, ReadOnlySpan<double> input, ReadOnlySpan<double> residual, ReadOnlySpan<double> mean,
        ReadOnlySpan<double> inverseStd, ReadOnlySpan<double> weight, ReadOnlySpan<double> bias, bool relu,
        in BatchNormShape shape)
    {
        for (int i = 0; i < input.Length; i++)
        {
            int c = i % shape.C;
            double value =
                (input[i] - mean[c]) * inverseStd[c] * weight[c] + bias[c] + (residual.IsEmpty ? 0 : residual[i]);
            output[i] = relu && value <= 0 ? 0 : value;
        }
    }
}
