using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// The convolution; <c>rectified</c> is the output after a ReLU, <c>accumulated</c> the input's gradient added to what
/// is there, here the input itself, and <c>masked</c> the input's gradient with the mask of the ReLU that gave the
/// input.
/// </summary>
public class ConvolutionCase : OperatorCase
{
    /// <summary>
    /// The algorithms by F(4x4, 3x3): its transforms have fractions that no float holds, so that not even sums of
    /// integers are exact.
    /// </summary>
    internal static readonly ConvolutionAlgorithm[] Winograd4 =
        [ConvolutionAlgorithm.Winograd4, ConvolutionAlgorithm.TiledWinograd4];

    private readonly ConvolutionShape shape;
    private readonly double[] input;
    private readonly double[] weight;
    private readonly double[] bias;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="input"><c>[N, H, W, C]</c></param>
    /// <param name="weight"><c>[K, R, S, C]</c></param>
    /// <param name="bias"><c>[K]</c>, or empty for none.</param>
    /// <param name="gradOutput"><c>[N, P, Q, K]</c></param>
    public ConvolutionCase(
        in ConvolutionShape shape, double[] input, double[] weight, double[] bias, double[] gradOutput)
        : base("convolution", shape.ToString(), gradOutput, Given(input, weight, bias))
    {
        this.shape = shape;
        this.input = input;
        this.weight = weight;
        this.bias = bias;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Algorithms => NamesOf<ConvolutionAlgorithm>();

    /// <inheritdoc/>
    public override bool Runs(ComputeDevice device, string algorithm) =>
        Convolution.Choose(device, shape).ToString().Equals(algorithm, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override double[] Forward()
    {
        var output = new double[shape.Output.Count];
        ConvolutionReference.Forward(output, input, weight, bias, shape);
        return output;
    }

    /// <inheritdoc/>
    public override Results Reference()
    {
        double[] output = Forward(), gradInput = new double[input.Length], gradWeight = new double[weight.Length];
        double[] gradBias = new double[shape.K];
        ConvolutionReference.BackwardData(gradInput, GradOutput, weight, shape);
        ConvolutionReference.BackwardWeights(gradWeight, GradOutput, input, shape);
        ConvolutionReference.BackwardBias(gradBias, GradOutput, shape);
        return new()
        {
            ["output"] = output,
            ["rectified"] = Array.ConvertAll(output, sum => sum <= 0 ? 0 : sum),
            ["grad_input"] = gradInput,
            ["accumulated"] = [.. gradInput.Zip(input, (gradient, before) => gradient + before)],
            ["masked"] = [.. gradInput.Zip(input, (gradient, activation) => activation <= 0 ? 0 : gradient)],
            ["grad_weight"] = gradWeight,
            ["grad_bias"] = gradBias,
        };
    }

    /// <inheritdoc/>
    public override Results Bounds() => OfDirect(OfMagnitudes().Reference());

    /// <summary>The bounds of direct sums, from the sums of their terms' magnitudes.</summary>
    private Results OfDirect(Results sums)
    {
        long taps = shape.R * shape.S, pixels = shape.Output.Pixels;
        return new()
        {
            ["output"] = OfSums(taps * shape.C + 1, sums["output"]),
            // Neither ReLU nor its gradient enlarges a difference.
            ["rectified"] = OfSums(taps * shape.C + 1, sums["output"]),
            ["grad_input"] = OfSums(taps * shape.K, sums["grad_input"]),
            ["accumulated"] = OfSums(taps * shape.K + 1, sums["accumulated"]),
            ["masked"] = OfSums(taps * shape.K, sums["grad_input"]),
            ["grad_weight"] = OfSums(pixels, sums["grad_weight"]),
            ["grad_bias"] = OfSums(pixels, sums["grad_bias"]),
        };
    }

    /// <inheritdoc/>
    public override Results Bounds(string algorithm)
    {
        _ = Enum.TryParse(algorithm, ignoreCase: true, out ConvolutionAlgorithm one);
        return Winograd4.Contains(one) && shape.FitsWinograd ? OfWinograd4()
            : FactorUnit(one) is var unit and > 0 ? OfRounded(unit)
            : Bounds();
    }

    /// <summary>The greatest relative error of a factor that an algorithm rounds; 0 where it rounds none.</summary>
    private static double FactorUnit(ConvolutionAlgorithm algorithm) => algorithm switch
    {
        // The greatest error of Tf32Math's rounding, in units of 2⁻¹⁰, rounded up.
        ConvolutionAlgorithm.Tf32 or ConvolutionAlgorithm.WarpgroupTf32 => 0.66 / (1 << 10),
        _ when algorithm.IsOfBFloat16() => BFloat16Roundoff,
        _ => 0,
    };

    private Results OfWinograd4()
    {
        Results bounds = Bounds();
        double[] gradInput = WinogradBound.BackwardData(GradOutput, weight, shape);
        bounds["output"] = [.. WinogradBound.Forward(input, weight, shape).Zip(bounds["output"], Math.Max)];
        bounds["rectified"] = bounds["output"];
        bounds["grad_input"] = gradInput;
        bounds["masked"] = gradInput;
        bounds["accumulated"] = [.. gradInput.Zip(bounds["accumulated"], (winograd, direct) => winograd + direct)];
        bounds["grad_weight"] = WinogradBound.BackwardWeights(GradOutput, input, shape);
        return bounds;
    }

    /// <summary>The bounds where factors are rounded before, and results to their tensors' elements.</summary>
    /// <remarks>
    /// Rounding each factor of a product by a part u moves a sum by up to <c>(2u + u²) Σ |a b|</c>, besides what adding
    /// up in single precision does.
    /// </remarks>
    private Results OfRounded(double unit)
    {
        Results exact = Reference(), magnitudes = OfMagnitudes().Reference(), rounded = [];
        foreach ((string name, double[] values) in OfDirect(magnitudes))
        {
            double[] sums = [.. values.Zip(magnitudes[name], (bound, sum) => bound + (2 * unit + unit * unit) * sum)];
            rounded[name] = TypeOf(name) is null
                ? sums
                : Stored(sums, exact[name], name is "output" or "rectified" ? shape.Output : shape.Input);
        }
        return rounded;
    }

    /// <summary>Results as tensors of <see cref="OperatorCase.Elements"/> hold them.</summary>
    /// <param name="exact">The results.</param>
    internal Results Rounded(Results exact)
    {
        var rounded = new Results();
        foreach ((string name, double[] values) in exact)
            rounded[name] = TypeOf(name) is { } type ? CheckValues.Round(values, type) : values;
        return rounded;
    }

    // The parameters' gradients are no tensors between layers.
    private ElementType? TypeOf(string result) => result switch
    {
        "output" or "rectified" => ElementsOf(shape.Output),
        "grad_input" or "accumulated" or "masked" => ElementsOf(shape.Input),
        _ => null,
    };

    /// <summary>
    /// The case with the absolute values of all its numbers, whose reference is the sums <c>Σ |a| |b|</c>.
    /// </summary>
    internal ConvolutionCase OfMagnitudes() =>
        new(shape, Magnitudes(input), Magnitudes(weight), Magnitudes(bias), Magnitudes(GradOutput));

    /// <inheritdoc/>
    public override Results Compute(ComputeDevice device)
    {
        ConvolutionShape sizes = shape;
        using var memory = new DeviceMemory(device);
        ElementType inputs = ElementsOf(sizes.Input), outputs = ElementsOf(sizes.Output);
        Tensor x = memory.Tensor(sizes.Input, input, inputs);
        Tensor gradOutput = memory.Tensor(sizes.Output, GradOutput, outputs);
        Tensor output = memory.Tensor(sizes.Output, outputs), rectified = memory.Tensor(sizes.Output, outputs);
        Tensor gradInput = memory.Tensor(sizes.Input, inputs), masked = memory.Tensor(sizes.Input, inputs);
        Tensor accumulated = memory.Tensor(sizes.Input, input, inputs);
        ArrayView<float> weights = memory.Vector(weight), biases = memory.Vector(bias);
        ArrayView<float> gradWeights = memory.Vector(weight.Length), gradBias = memory.Vector(sizes.K);
        memory.Run(() =>
        {
            Convolution.Forward(device, output, x, weights, biases, relu: false, sizes);
            Convolution.Forward(device, rectified, x, weights, biases, relu: true, sizes);
            Convolution.BackwardData(
                device, gradInput, gradOutput, weights, accumulate: false, activation: null, sizes);
            Convolution.BackwardData(
                device, accumulated, gradOutput, weights, accumulate: true, activation: null, sizes);
            Convolution.BackwardData(device, masked, gradOutput, weights, accumulate: false, activation: x, sizes);
            Convolution.BackwardWeights(device, gradWeights, gradBias, gradOutput, x, sizes);
        });
        return new()
        {
            ["output"] = memory.Read(output),
            ["rectified"] = memory.Read(rectified),
            ["grad_input"] = memory.Read(gradInput),
            ["accumulated"] = memory.Read(accumulated),
            ["masked"] = memory.Read(masked),
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
