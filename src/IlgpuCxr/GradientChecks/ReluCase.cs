using IlgpuCxr.Kernels.Activation;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.GradientChecks;

/// <summary>ReLU, which computes nothing that could be rounded.</summary>
public class ReluCase : OperatorCase
{
    private readonly TensorShape shape;
    private readonly double[] input;
    private readonly bool inPlace;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="input">Its elements; none near the kink at 0 where gradients are checked.</param>
    /// <param name="gradOutput">As many.</param>
    /// <param name="inPlace">Whether the kernels write over what they read.</param>
    public ReluCase(TensorShape shape, double[] input, double[] gradOutput, bool inPlace = false)
        : base("relu", shape.ToString(), gradOutput, new Operand("input", input))
    {
        this.shape = shape;
        this.input = input;
        this.inPlace = inPlace;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Algorithms => NamesOf<ReluAlgorithm>();

    /// <inheritdoc/>
    public override double KinkDistance => input.Min(Math.Abs);

    /// <inheritdoc/>
    public override double[] Forward()
    {
        var output = new double[input.Length];
        ReluReference.Forward(output, input);
        return output;
    }

    /// <inheritdoc/>
    public override Results Reference()
    {
        double[] output = Forward(), gradInput = new double[input.Length];
        ReluReference.Backward(gradInput, GradOutput, output);
        return new() { ["output"] = output, ["grad_input"] = gradInput };
    }

    /// <inheritdoc/>
    public override Results Bounds() => new() { ["output"] = Exact(input), ["grad_input"] = Exact(input) };

    /// <inheritdoc/>
    public override Results Compute(ComputeDevice device)
    {
        using var memory = new DeviceMemory(device);
        ElementType elements = ElementsOf(shape);
        Tensor x = memory.Tensor(shape, input, elements), gradOutput = memory.Tensor(shape, GradOutput, elements);
        Tensor output = inPlace ? x : memory.Tensor(shape, elements);
        Tensor gradInput = inPlace ? gradOutput : memory.Tensor(shape, elements);
        memory.Run(() =>
        {
            Relu.Forward(device, output, x);
            Relu.Backward(device, gradInput, gradOutput, output);
        });
        return new() { ["output"] = memory.Read(output), ["grad_input"] = memory.Read(gradInput) };
    }
}
