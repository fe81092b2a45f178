using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// One operator on one shape with everything that checking it takes: inputs, the reference, its kernels, and how far
/// apart they may be.
/// </summary>
/// <remarks>
/// The loss of a check is the output projected on <see cref="GradOutput"/>, which is random. With the plain sum, the
/// gradients of batch norm and softmax vanish (the mean of a normalised output is fixed), and kernels that return
/// nothing would pass.
/// </remarks>
public abstract class OperatorCase
{
    /// <summary>Unit roundoff of single precision: the largest relative error of one rounding, 2^-24.</summary>
    public const double Roundoff = 1.0 / (1 << 24);

    /// <summary>That of bfloat16, 2^-8.</summary>
    public const double BFloat16Roundoff = 1.0 / (1 << 8);

    /// <param name="name">The operator.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="gradOutput">The gradient of the output.</param>
    /// <param name="operands">Its inputs.</param>
    protected OperatorCase(string name, string shape, double[] gradOutput, params IReadOnlyList<Operand> operands)
    {
        Name = name;
        Shape = shape;
        GradOutput = gradOutput;
        Operands = operands;
    }

    /// <summary>The operator, such as <c>convolution</c>.</summary>
    public string Name { get; }

    /// <summary>The sizes, and what else tells two cases of an operator apart.</summary>
    public string Shape { get; }

    /// <summary>The inputs that have a gradient.</summary>
    public IReadOnlyList<Operand> Operands { get; }

    /// <summary>The gradient of the output.</summary>
    public double[] GradOutput { get; set; }

    /// <summary>
    /// How the tensors that go from layer to layer lie in memory on the device; those whose channels bfloat16 does not
    /// allow are of singles whatever this says.
    /// </summary>
    /// <remarks>
    /// What the case is given must be numbers that bfloat16 holds (<see cref="CheckValues.Round"/>), so that the
    /// reference sees the same as the device, unless the bounds allow for their rounding.
    /// </remarks>
    public ElementType Elements { get; init; }

    /// <summary>
    /// The algorithms to check, at least one, by the names that <see cref="DeviceOptions.Algorithms"/> takes; an empty
    /// name is what the operator chooses.
    /// </summary>
    public abstract IReadOnlyList<string> Algorithms { get; }

    /// <summary>
    /// Whether an algorithm that is forced computes the case itself; of shapes that it cannot compute another takes its
    /// place, which is checked under its own name.
    /// </summary>
    /// <param name="device">A device that is told to use the algorithm.</param>
    /// <param name="algorithm">One of <see cref="Algorithms"/>.</param>
    /// <exception cref="DeviceException">The device cannot run the algorithm.</exception>
    public virtual bool Runs(ComputeDevice device, string algorithm) => true;

    /// <summary>
    /// The smallest distance of a value from where the operator has a kink: ReLU's 0, two candidates of a maximum that
    /// are equal. Neither a central difference nor rounding may move a value over it.
    /// </summary>
    public virtual double KinkDistance => double.PositiveInfinity;

    /// <summary>The output by the reference, in double precision.</summary>
    public abstract double[] Forward();

    /// <summary>All results by the reference, the gradients of <see cref="Operands"/> among them.</summary>
    public abstract Results Reference();

    /// <summary>
    /// How far each element of a result in single precision may be from the reference's: derived from the lengths of
    /// the sums, as in Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1. A sum of k products
    /// is off by at most <c>k u Σ |a| |b|</c> to first order in u, in whatever order it is added up, with or without
    /// fused multiply-adds.
    /// </summary>
    public abstract Results Bounds();

    /// <summary>
    /// As <see cref="Bounds()"/>, for an algorithm that rounds the operator's factors or does not add up its products.
    /// </summary>
    /// <param name="algorithm">One of <see cref="Algorithms"/>.</param>
    public virtual Results Bounds(string algorithm) => Bounds();

    /// <summary>The same results by the kernels.</summary>
    /// <param name="device">Where, and by which algorithm.</param>
    public abstract Results Compute(ComputeDevice device);

    /// <summary>The values of <typeparamref name="TAlgorithm"/> as <see cref="Algorithms"/>.</summary>
    protected static string[] NamesOf<TAlgorithm>()
        where TAlgorithm : struct, Enum =>
        Array.ConvertAll(Enum.GetNames<TAlgorithm>(), name => name.ToLowerInvariant());

    /// <summary>Magnitudes, of which a reference makes the sums <c>Σ |a| |b|</c>.</summary>
    protected static double[] Magnitudes(double[] values) => Array.ConvertAll(values, Math.Abs);

    /// <summary>The bound of sums of so many terms, from the sums of the terms' magnitudes.</summary>
    protected static double[] OfSums(long terms, double[] magnitudes) =>
        Array.ConvertAll(magnitudes, magnitude => terms * Roundoff * magnitude);

    /// <summary><see cref="Elements"/>, as far as a tensor can be of them.</summary>
    /// <param name="shape">The tensor's.</param>
    protected ElementType ElementsOf(in TensorShape shape) =>
        Elements.Allows(shape) ? Elements : ElementType.Single;

    /// <summary>The bound of results that are rounded once more, to the elements of their tensor.</summary>
    /// <param name="bounds">The bound of what is rounded.</param>
    /// <param name="results">What it would be without any error.</param>
    /// <param name="shape">The tensor's.</param>
    protected double[] Stored(double[] bounds, double[] results, in TensorShape shape) =>
        ElementsOf(shape) == ElementType.BFloat16
            ? [.. bounds.Zip(results, (bound, x) => bound + BFloat16Roundoff * (Math.Abs(x) + bound))]
            : bounds;

    /// <summary>The bound of what is only copied: nothing.</summary>
    protected static double[] Exact(double[] values) => new double[values.Length];
}
