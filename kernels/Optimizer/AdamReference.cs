namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>
/// The definition of Adam (Kingma and Ba 2014, arXiv:1412.6980) and AdamW (Loshchilov and Hutter 2017,
/// arXiv:1711.05101).
/// </summary>
/// <remarks>
/// <code>
/// g = gradient + (decoupled ? 0 : weightDecay · parameter)
/// m = β1 m + (1 - β1) g                        v = β2 v + (1 - β2) g²
/// parameter = parameter · (1 - (decoupled ? learningRate · weightDecay : 0))
///           - learningRate · m / (1 - β1^t) / (√(v / (1 - β2^t)) + ε)
/// </code>
/// PyTorch's <see href="https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html">Adam</see> and
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html">AdamW</see>.
/// </remarks>
public static class AdamReference
{
    /// <summary>One step.</summary>
    /// <param name="parameters">The values, changed in place.</param>
    /// <param name="mean">The mean gradient, changed in place; zero at first.</param>
    /// <param name="meanSquare">The mean squared gradient, changed in place; zero at first.</param>
    /// <param name="gradients">The gradients.</param>
    /// <param name="step">Number of this step, from 1.</param>
    /// <param name="options">The settings.</param>
    public static void Step(
        Span<double> parameters, Span<double> mean, Span<double> meanSquare, ReadOnlySpan<double> gradients, int step,
        in AdamOptions options)
    {
        double correction1 = 1 - Math.Pow(options.Beta1, step), correction2 = 1 - Math.Pow(options.Beta2, step);
        for (int i = 0; i < parameters.Length; i++)
        {
            double gradient = gradients[i];
            if (options.Decoupled)
                parameters[i] *= 1 - (double)options.LearningRate * options.WeightDecay;
            else
                gradient += options.WeightDecay * parameters[i];
            mean[i] = options.Beta1 * mean[i] + (1 - (double)options.Beta1) * gradient;
            meanSquare[i] = options.Beta2 * meanSquare[i] + (1 - (double)options.Beta2) * gradient * gradient;
            parameters[i] -= options.LearningRate * (mean[i] / correction1)
                / (Math.Sqrt(meanSquare[i] / correction2) + options.Epsilon);
        }
    }
}
