using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// Maximum pooling; <c>output_without_positions</c> is what evaluation computes, and <c>masked</c> the gradient where
/// windows whose maximum is not above 0 pass none, which after a ReLU is its gradient.
/// </summary>
public class MaxPoolingCase : OperatorCase
{
    private readonly MaxPoolingShape shape;
    private readonly double[] input;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="input"><c>[N, H, W, C]</c>; no near ties within a window where gradients are checked.</param>
    /// <param name="gradOutput"><c>[N, P, Q, C]</c></param>
    public MaxPoolingCase(in MaxPoolingShape shape, double[] input, double[] gradOutput)
        : base("max pooling", shape.ToString(), gradOutput, new Operand("input", input))
    {
        this.shape = shape;
        this.input = input;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Algorithms => NamesOf<MaxPoolingAlgorithm>();

    /// <inheritdoc/>
    /// <remarks>
    /// Pixels that are equal do not count: after a ReLU many are 0, and stay so however their inputs move.
    /// </remarks>
    public override double KinkDistance
    {
        get
        {
            double[] maxima = Forward();
            double distance = double.PositiveInfinity;
            for (int i = 0; i < maxima.Length; i++)
            {
                int c = i % shape.C, q = i / shape.C % shape.Q, p = i / shape.C / shape.Q % shape.P;
                int n = i / shape.C / shape.Q / shape.P;
                int top = p * shape.Stride - shape.Padding, left = q * shape.Stride - shape.Padding;
                for (int h = Math.Max(0, top); h < Math.Min(shape.H, top + shape.Window); h++)
                    for (int w = Math.Max(0, left); w < Math.Min(shape.W, left + shape.Window); w++)
                    {
                        double below = maxima[i] - input[((n * shape.H + h) * shape.W + w) * shape.C + c];
                        distance = below > 0 ? Math.Min(distance, below) : distance;
                    }
            }
            return distance;
        }
    }

    /// <inheritdoc/>
    public override double[] Forward() => Maxima().Output;

    /// <inheritdoc/>
    public override Results Reference()
    {
        (double[] output, byte[] positions) = Maxima();
        var gradInput = new double[input.Length];
        MaxPoolingReference.Backward(gradInput, GradOutput, positions, shape);
        var masked = new double[input.Length];
        MaxPoolingReference.Backward(
            masked, [.. GradOutput.Zip(output, (gradient, maximum) => maximum <= 0 ? 0 : gradient)], positions, shape);
        return new()
        {
            ["output"] = output,
            ["output_without_positions"] = output,
            ["positions"] = Array.ConvertAll(positions, position => (double)position),
            ["grad_input"] = gradInput,
            ["masked"] = masked,
        };
    }

    /// <inheritdoc/>
    public override Results Bounds()
    {
        Results sums = new MaxPoolingCase(shape, input, Magnitudes(GradOutput)).Reference();
        int windowsOfAPixel = (shape.Window + shape.Stride - 1) / shape.Stride;
        double[] ofGradients = Stored(
            OfSums(windowsOfAPixel * windowsOfAPixel - 1, sums["grad_input"]), sums["grad_input"], shape.Input);
        return new()
        {
            ["output"] = Exact(sums["output"]),
            ["output_without_positions"] = Exact(sums["output"]),
            ["positions"] = Exact(sums["positions"]),
            ["grad_input"] = ofGradients,
            ["masked"] = ofGradients,
        };
    }

    /// <inheritdoc/>
    public override Results Compute(ComputeDevice device)
    {
        MaxPoolingShape sizes = shape;
        using var memory = new DeviceMemory(device);
        ElementType elements = ElementsOf(sizes.Input);
        Tensor x = memory.Tensor(sizes.Input, input, elements);
        Tensor gradOutput = memory.Tensor(sizes.Output, GradOutput, elements);
        Tensor output = memory.Tensor(sizes.Output, elements), positions = memory.Tensor(sizes.Positions);
        Tensor gradInput = memory.Tensor(sizes.Input, elements);
        Tensor evaluation = memory.Tensor(sizes.Output, elements), masked = memory.Tensor(sizes.Input, elements);
        Tensor maskedOutput = memory.Tensor(sizes.Output, elements), maskedPositions = memory.Tensor(sizes.Positions);
        memory.Run(() =>
        {
            MaxPooling.Forward(device, output, positions, x, isActivation: false, sizes);
            MaxPooling.Forward(device, evaluation, null, x, isActivation: false, sizes);
            MaxPooling.Backward(device, gradInput, gradOutput, positions, sizes);
            MaxPooling.Forward(device, maskedOutput, maskedPositions, x, isActivation: true, sizes);
            MaxPooling.Backward(device, masked, gradOutput, maskedPositions, sizes);
        });
        return new()
        {
            ["output"] = memory.Read(output),
            ["output_without_positions"] = memory.Read(evaluation),
            ["positions"] = Bytes(device, positions),
            ["grad_input"] = memory.Read(gradInput),
            ["masked"] = memory.Read(masked),
        };
    }

    /// <summary>The bytes of a tensor, without those that fill its last float.</summary>
    private double[] Bytes(ComputeDevice device, Tensor positions) =>
        Array.ConvertAll(
            device.Download(positions.View.Cast<byte>())[..(int)shape.Output.Count], position => (double)position);

    private (double[] Output, byte[] Positions) Maxima()
    {
        var output = new double[shape.Output.Count];
        var positions = new byte[shape.Output.Count];
        MaxPoolingReference.Forward(output, positions, input, shape);
        return (output, positions);
    }
}
