using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// Maximum pooling; <c>output_without_indices</c> is what evaluation computes, and <c>masked</c> the gradient where
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
        (double[] output, int[] indices) = Maxima();
        var gradInput = new double[input.Length];
        MaxPoolingReference.Backward(gradInput, GradOutput, indices, shape);
        var masked = new double[input.Length];
        MaxPoolingReference.Backward(
            masked, [.. GradOutput.Zip(output, (gradient, maximum) => maximum <= 0 ? 0 : gradient)], indices, shape);
        return new()
        {
            ["output"] = output,
            ["output_without_indices"] = output,
            ["indices"] = Array.ConvertAll(indices, index => (double)index),
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
            ["output_without_indices"] = Exact(sums["output"]),
            ["indices"] = Exact(sums["indices"]),
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
        Tensor output = memory.Tensor(sizes.Output, elements), indices = memory.Tensor(sizes.Output);
        Tensor gradInput = memory.Tensor(sizes.Input, elements);
        Tensor evaluation = memory.Tensor(sizes.Output, elements), masked = memory.Tensor(sizes.Input, elements);
        Tensor maskedOutput = memory.Tensor(sizes.Output, elements), maskedIndices = memory.Tensor(sizes.Output);
        memory.Run(() =>
        {
            MaxPooling.Forward(device, output, indices, x, isActivation: false, sizes);
            MaxPooling.Forward(device, evaluation, null, x, isActivation: false, sizes);
            MaxPooling.Backward(device, gradInput, gradOutput, indices, sizes);
            MaxPooling.Forward(device, maskedOutput, maskedIndices, x, isActivation: true, sizes);
            MaxPooling.Backward(device, masked, gradOutput, maskedIndices, sizes);
        });
        return new()
        {
            ["output"] = memory.Read(output),
            ["output_without_indices"] = memory.Read(evaluation),
            ["indices"] = Array.ConvertAll(device.Download(indices.View.Cast<int>()), index => (double)index),
            ["grad_input"] = memory.Read(gradInput),
            ["masked"] = memory.Read(masked),
        };
    }

    private (double[] Output, int[] Indices) Maxima()
    {
        var output = new double[shape.Output.Count];
        var indices = new int[shape.Output.Count];
        MaxPoolingReference.Forward(output, indices, input, shape);
        return (output, indices);
    }
}
