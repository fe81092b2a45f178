namespace IlgpuCxr.Layers;

/// <summary>How a parameter gets its first values, as PyTorch and torchvision do it.</summary>
/// <param name="Distribution">The kind of values.</param>
/// <param name="Scale">Standard deviation, half width, or the constant itself.</param>
public readonly record struct Initialization(InitialDistribution Distribution, float Scale)
{
    /// <summary>All elements the same.</summary>
    public static Initialization Constant(float value) => new(InitialDistribution.Constant, value);

    /// <summary>
    /// Normal with variance <c>2 / fan</c> (He et al. 2015, arXiv:1502.01852); torchvision's ResNet takes fan_out,
    /// <c>K R S</c>.
    /// </summary>
    public static Initialization KaimingNormal(int fan) => new(InitialDistribution.Normal, MathF.Sqrt(2f / fan));

    /// <summary>Normal with a given standard deviation.</summary>
    public static Initialization Normal(float standardDeviation) => new(InitialDistribution.Normal, standardDeviation);

    /// <summary>
    /// Uniform within <c>± 1 / √fan_in</c>: what PyTorch gives the weights and the bias of a new linear layer.
    /// </summary>
    public static Initialization Uniform(int fanIn) => new(InitialDistribution.Uniform, 1 / MathF.Sqrt(fanIn));
}

/// <summary>The kinds of first values.</summary>
public enum InitialDistribution
{
    /// <summary>All elements are the scale.</summary>
    Constant,

    /// <summary>Normal around 0; the scale is the standard deviation.</summary>
    Normal,

    /// <summary>Uniform around 0; the scale is the half width.</summary>
    Uniform,
}
