using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Linear;

namespace IlgpuCxr.GradientChecks;

/// <summary>The linear layer.</summary>
public class LinearCase : OperatorCase
{
    private readonly LinearShape shape;
    private readonly double[] input;
    private readonly double[] weight;
    private readonly double[] bias;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="input"><c>[N, In]</c></param>
    /// <param name="weight"><c>[Out, In]</c></param>
    /// <param name="bias"><c>[Out]</c>, or empty for none.</param>
    /// <param name="gradOutput"><c>[N, Out]</c></param>
    public LinearCase(in LinearShape shape, double[] input, double[] weight, double[] bias, double[] gradOutput)
        : base("linear", shape.ToString(), gradOutput, Given(input, weight, bias))
    {
        this.shape = shape;
        this.input = input;
        this.weight = weight;
        this.bias = bias;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Algorithms => NamesOf<LinearAlgorithm>();

    /// <inheritdoc/>
    public override double[] Forward()
    {
        var output = new double[shape.Output.Count];
        LinearReference.Forward(output, input, weight, bias, shape);
        return output;
    }

    /// <inheritdoc/>
    public override Results Reference()
    {
        double[] gradInput = new double[input.Length], gradWeight = new double[weight.Length];
        double[] gradBias = new double[shape.Out];
        LinearReference.BackwardData(gradInput, GradOutput, weight, shape);
        LinearReference.BackwardWeights(gradWeight, gradBias, GradOutput, input, shape);
        return new()
        {
            ["output"] = Forward(),
            ["grad_input"] = gradInput,
            ["grad_weight"] = gradWeight,
            ["grad_bias"] = gradBias,
        };
    }

    /// <inheritdoc/>
    public override Results Bounds()
    {
        Results sums = new LinearCase(
            shape, Magnitudes(input), Magnitudes(weight), Magnitudes(bias), Magnitudes(GradOutput)).Reference();
        return new()
        {
            ["output"] = OfSums(shape.In + 1, sums["output"]),
            ["grad_input"] = OfSums(shape.Out, sums["grad_input"]),
            ["grad_weight"] = OfSums(shape.N, sums["grad_weight"]),
            ["grad_bias"] = OfSums(shape.N, sums["grad_bias"]),
        };
    }

    /// <inheritdoc/>
    public override Results Compute(ComputeDevice device)
    {
        LinearShape sizes = shape;
        using var memory = new DeviceMemory(device);
        Tensor x = memory.Tensor(sizes.Input, input), gradOutput = memory.Tensor(sizes.Output, GradOutput);
        Tensor output = memory.Tensor(sizes.Output), gradInput = memory.Tensor(sizes.Input);
        ArrayView<float> weights = memory.Vector(weight), biases = memory.Vector(bias);
        ArrayView<float> gradWeights = memory.Vector(weight.Length), gradBias = memory.Vector(sizes.Out);
        memory.Run(() =>
        {
            Linear.Forward(device, output, x, weights, biases, sizes);
            Linear.BackwardData(device, gradInput, gradOutput, weights, sizes);
            Linear.BackwardWeights(device, gradWeights, gradBias, gradOutput, x, sizes);
        });
        return new()
        {
            ["output"] = memory.Read(output),
            ["grad_input"] = memory.Read(gradInput),
            ["grad_weight"] = memory.Read(gradWeights),
            ["grad_bias"] = memory.Read(gradBias),
        };
    }

    private static Operand[] Given(double[] input, double[] weight, double[] bias)
    {
        Operand[] both = [new("input", input), new("weight", weight)];
        return bias.Length == 0 ? both : [.. both, new Operand("bias", bias)];
    }
}
