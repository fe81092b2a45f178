using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.GradientChecks;

/// <summary>Adaptive average pooling.</summary>
public class AdaptiveAveragePoolingCase : OperatorCase
{
    private readonly AdaptiveAveragePoolingShape shape;
    private readonly double[] input;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="gradOutput"><c>[N, P, Q, C]</c></param>
    public AdaptiveAveragePoolingCase(in AdaptiveAveragePoolingShape shape, double[] input, double[] gradOutput)
        : base("adaptive average pooling", shape.ToString(), gradOutput, new Operand("input", input))
    {
        this.shape = shape;
        this.input = input;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Algorithms => NamesOf<AdaptiveAveragePoolingAlgorithm>();

    /// <inheritdoc/>
    public override double[] Forward()
    {
        var output = new double[shape.Output.Count];
        AdaptiveAveragePoolingReference.Forward(output, input, shape);
        return output;
    }

    /// <inheritdoc/>
    public override Results Reference()
    {
        var gradInput = new double[input.Length];
        AdaptiveAveragePoolingReference.Backward(gradInput, GradOutput, shape);
        return new() { ["output"] = Forward(), ["grad_input"] = gradInput };
    }

    /// <inheritdoc/>
    public override Results Bounds()
    {
        Results sums = new AdaptiveAveragePoolingCase(shape, Magnitudes(input), Magnitudes(GradOutput)).Reference();
        // A window is at most ⌈H / P⌉ + 1 rows high; a pixel is in at most ⌈P / H⌉ + 1 rows of windows. A division
        // rounds once more.
        long window = (long)(shape.H / shape.P + 2) * (shape.W / shape.Q + 2);
        long windows = (long)(shape.P / shape.H + 2) * (shape.Q / shape.W + 2);
        return new()
        {
            ["output"] = OfSums(window + 1, sums["output"]),
            ["grad_input"] = Stored(OfSums(windows + 1, sums["grad_input"]), sums["grad_input"], shape.Input),
        };
    }

    /// <inheritdoc/>
    public override Results Compute(ComputeDevice device)
    {
        AdaptiveAveragePoolingShape sizes = shape;
        using var memory = new DeviceMemory(device);
        ElementType elements = ElementsOf(sizes.Input);
        // Outputs are of singles whatever the inputs are of.
        Tensor x = memory.Tensor(sizes.Input, input, elements), gradOutput = memory.Tensor(sizes.Output, GradOutput);
        Tensor output = memory.Tensor(sizes.Output), gradInput = memory.Tensor(sizes.Input, elements);
        memory.Run(() =>
        {
            AdaptiveAveragePooling.Forward(device, output, x, sizes);
            AdaptiveAveragePooling.Backward(device, gradInput, gradOutput, sizes);
        });
        return new() { ["output"] = memory.Read(output), ["grad_input"] = memory.Read(gradInput) };
    }
}
