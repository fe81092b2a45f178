namespace IlgpuCxr.Kernels.Optimizer;

/// <summary>
/// The definition of gradient centralization (Yong, Huang, Hua and Zhang 2020,
/// <see href="https://arxiv.org/abs/2004.01461">arXiv:2004.01461</see>, formula 1).
/// </summary>
/// <remarks>
/// <code>
/// gradient[k, i] -= mean over i of gradient[k, i]
/// </code>
/// Each row is the weights of one output. What arrives at them from a ReLU is positive, so that their gradients have a
/// large part in common: it moves the output for all images alike and tells none from another. In a deep network
/// without batch norm that part decides how large a step may be; without it, steps can be many times as large.
/// </remarks>
public static class GradientCentralizationReference
{
    /// <summary>Takes from each row its mean.</summary>
    /// <param name="gradients"><c>[rows, length]</c>, changed in place.</param>
    /// <param name="rows">Outputs of the layer.</param>
    public static void Step(Span<double> gradients, int rows)
    {
        int length = gradients.Length / rows;
        for (int k = 0; k < rows; k++)
        {
            double mean = 0;
            for (int i = 0; i < length; i++)
                mean += gradients[k * length + i] / length;
            for (int i = 0; i < length; i++)
                gradients[k * length + i] -= mean;
        }
    }
}
