namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>Stochastic gradient descent, written down literally in double precision.</summary>
/// <remarks>
/// <code>
/// g ← gradient + weightDecay · parameter
/// b ← momentum · b + g                          b = 0 before the first step
/// g ← g + momentum · b   if Nesterov, else   g ← b
/// parameter ← parameter - learningRate · g
/// </code>
/// as in PyTorch's <see href="https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html">SGD</see> (dampening
/// 0), where the learning rate is outside the momentum, other than in Sutskever et al. 2013.
/// </remarks>
public static class SgdReference
{
    /// <summary>One step.</summary>
    /// <param name="parameters">Updated.</param>
    /// <param name="momentumBuffer">Updated; may be empty when there is no momentum.</param>
    /// <param name="gradients">As long as <paramref name="parameters"/>.</param>
    /// <param name="options">The settings.</param>
    public static void Step(
        Span<double> parameters, Span<double> momentumBuffer, ReadOnlySpan<double> gradients, in SgdOptions options)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            double gradient = gradients[i] + options.WeightDecay * parameters[i];
            if (options.Momentum != 0)
            {
                momentumBuffer[i] = options.Momentum * momentumBuffer[i] + gradient;
                gradient = options.Nesterov ? gradient + options.Momentum * momentumBuffer[i] : momentumBuffer[i];
            }
            parameters[i] -= options.LearningRate * gradient;
        }
    }
}
