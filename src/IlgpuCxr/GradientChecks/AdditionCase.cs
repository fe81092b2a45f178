using IlgpuCxr.Kernels.Addition;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.GradientChecks;

/// <summary>Addition; both gradients are the output's, so that only the forward pass has a kernel.</summary>
public class AdditionCase : OperatorCase
{
    private readonly TensorShape shape;
    private readonly double[] a;
    private readonly double[] b;
    private readonly bool inPlace;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="a">Its elements.</param>
    /// <param name="b">As many.</param>
    /// <param name="gradOutput">As many.</param>
    /// <param name="inPlace">Whether the kernel writes over <paramref name="a"/>.</param>
    public AdditionCase(TensorShape shape, double[] a, double[] b, double[] gradOutput, bool inPlace = false)
        : base("addition", shape.ToString(), gradOutput, new Operand("a", a), new Operand("b", b))
    {
        this.shape = shape;
        this.a = a;
        this.b = b;
        this.inPlace = inPlace;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Algorithms => NamesOf<AdditionAlgorithm>();

    /// <inheritdoc/>
    public override double[] Forward()
    {
        var output = new double[a.Length];
        AdditionReference.Forward(output, a, b);
        return output;
    }

    /// <inheritdoc/>
    public override Results Reference() =>
        new() { ["output"] = Forward(), ["grad_a"] = GradOutput, ["grad_b"] = GradOutput };

    /// <inheritdoc/>
    public override Results Bounds()
    {
        double[] sums = Magnitudes(Forward());
        return new()
        {
            ["output"] = Stored(OfSums(1, sums), sums, shape),
            ["grad_a"] = Exact(a),
            ["grad_b"] = Exact(b),
        };
    }

    /// <inheritdoc/>
    public override Results Compute(ComputeDevice device)
    {
        using var memory = new DeviceMemory(device);
        ElementType elements = ElementsOf(shape);
        Tensor left = memory.Tensor(shape, a, elements), right = memory.Tensor(shape, b, elements);
        Tensor output = inPlace ? left : memory.Tensor(shape, elements);
        memory.Run(() => Addition.Forward(device, output, left, right));
        // No kernel computes the gradients: layers hand the output's to both sides.
        return new() { ["output"] = memory.Read(output), ["grad_a"] = GradOutput, ["grad_b"] = GradOutput };
    }
}
