using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;

namespace IlgpuCxr.GradientChecks;

/// <summary>Dropout with a mask that is fixed, so that it is a function like any other.</summary>
public class DropoutCase : OperatorCase
{
    private readonly TensorShape shape;
    private readonly double[] input;
    private readonly DropoutMask mask;
    private readonly int step;
    private readonly bool inPlace;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="input">Its elements.</param>
    /// <param name="gradOutput">As many.</param>
    /// <param name="mask">What is dropped.</param>
    /// <param name="step">Number of the training step.</param>
    /// <param name="inPlace">Whether the kernels write over what they read.</param>
    public DropoutCase(
        TensorShape shape, double[] input, double[] gradOutput, DropoutMask mask, int step, bool inPlace = false)
        : base("dropout", shape.ToString(), gradOutput, new Operand("input", input))
    {
        this.shape = shape;
        this.input = input;
        this.mask = mask;
        this.step = step;
        this.inPlace = inPlace;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Algorithms => NamesOf<DropoutAlgorithm>();

    /// <inheritdoc/>
    public override double[] Forward()
    {
        var output = new double[input.Length];
        DropoutReference.Forward(output, input, mask, step);
        return output;
    }

    /// <inheritdoc/>
    public override Results Reference()
    {
        var gradInput = new double[input.Length];
        DropoutReference.Backward(gradInput, GradOutput, mask, step);
        return new() { ["output"] = Forward(), ["grad_input"] = gradInput };
    }

    /// <inheritdoc/>
    public override Results Bounds()
    {
        // The factor 1 / (1 - p) is rounded, and so is the product.
        const int Roundings = 2;
        Results magnitudes = new DropoutCase(shape, Magnitudes(input), Magnitudes(GradOutput), mask, step).Reference();
        return new()
        {
            ["output"] = Stored(OfSums(Roundings, magnitudes["output"]), magnitudes["output"], shape),
            ["grad_input"] = Stored(OfSums(Roundings, magnitudes["grad_input"]), magnitudes["grad_input"], shape),
        };
    }

    /// <inheritdoc/>
    public override Results Compute(ComputeDevice device)
    {
        using var memory = new DeviceMemory(device);
        ElementType elements = ElementsOf(shape);
        Tensor x = memory.Tensor(shape, input, elements), gradOutput = memory.Tensor(shape, GradOutput, elements);
        Tensor output = inPlace ? x : memory.Tensor(shape, elements);
        Tensor gradInput = inPlace ? gradOutput : memory.Tensor(shape, elements);
        ArrayView<int> number = memory.Vector([step]);
        memory.Run(() =>
        {
            Dropout.Forward(device, output, x, mask, number);
            Dropout.Backward(device, gradInput, gradOutput, mask, number);
        });
        return new() { ["output"] = memory.Read(output), ["grad_input"] = memory.Read(gradInput) };
    }
}
