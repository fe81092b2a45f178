namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>The definition of SGD with momentum in double precision.</summary>
/// <remarks>
/// <code>
/// g = gradient + weightDecay · parameter
/// v = momentum · v + g
/// parameter = parameter - learningRate · (nesterov ? g + momentum · v : v)
/// </code>
/// PyTorch's <see href="https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html">SGD</see> without dampening; its first step,
/// which sets <c>v = g</c>, is the same with a momentum that starts at zero.
/// </remarks>
public static class SgdReference
{
    /// <summary>One step.</summary>
    /// <param name="parameters">The values, changed in place.</param>
    /// <param name="momentum">The momentum, changed in place; zero at first.</param>
    /// <param name="gradients">The gradients.</param>
    /// <param name="options">Learning rate and so on.</param>
    public static void Step(Span<double> parameters, Span<double> momentum, ReadOnlySpan<double> gradients, in SgdOptions options)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            double gradient = gradients[i] + options.WeightDecay * parameters[i];
            momentum[i] = options.Momentum * momentum[i] + gradient;
            double direction = options.Nesterov ? gradient + options.Momentum * momentum[i] : momentum[i];
            parameters[i] -= options.LearningRate * direction;
        }
    }
}
