using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Linear;

namespace IlgpuCxr.Layers;

/// <summary><c>output = input weightᵀ + bias</c> over all features of an image.</summary>
public sealed class LinearLayer : Layer
{
    private readonly string name;
    private readonly Parameter weight;
    private readonly Parameter bias;

    private LinearShape shape;
    private TensorShape inputShape;
    private ElementType inputType;
    private bool inputRequiresGrad;
    private Tensor? input;

    /// <summary>Creates the layer.</summary>
    /// <param name="name">torchvision's name, such as <c>fc.0</c>.</param>
    /// <param name="input">What arrives for one image: <c>[1, H, W, C]</c>, all of it features.</param>
    /// <param name="outFeatures">Features that leave.</param>
    public LinearLayer(string name, TensorShape input, int outFeatures)
        : this(
            name, input, outFeatures, Initialization.Uniform((int)input.Count),
            Initialization.Uniform((int)input.Count))
    {
    }

    /// <summary>Creates the layer with first values of its own.</summary>
    /// <param name="name">torchvision's name.</param>
    /// <param name="input">What arrives for one image: <c>[1, H, W, C]</c>, all of it features.</param>
    /// <param name="outFeatures">Features that leave.</param>
    /// <param name="weightInitialization">The weights at first.</param>
    /// <param name="biasInitialization">The bias at first.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no features.</exception>
    public LinearLayer(
        string name, TensorShape input, int outFeatures, Initialization weightInitialization,
        Initialization biasInitialization)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(input.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outFeatures);
        this.name = name;
        ParameterLayout layout = input.Pixels == 1 ? ParameterLayout.Matrix : ParameterLayout.FlattenedFilter;
        weight = new Parameter($"{name}.weight", input with { N = outFeatures }, layout, weightInitialization);
        bias = new Parameter(
            $"{name}.bias", TensorShape.Vector(outFeatures), ParameterLayout.Vector, biasInitialization);
    }

    /// <inheritdoc/>
    public override bool TakesBFloat16 => true;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [weight, bias];

    /// <inheritdoc/>
    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows)
    {
        TensorShape output = ShapeFor(input).Output;
        rows.Add(LayerDescription.Of(name, "linear", output, Parameters, 2.0 * input.N * weight.Shape.Count));
        return output;
    }

    /// <inheritdoc/>
    public override Tensor Forward(ComputeDevice device, Tensor input, bool training)
    {
        // A step that threw may have left one.
        this.input = null;
        (inputShape, inputType) = (input.Shape, input.ElementType);
        shape = ShapeFor(inputShape);
        Tensor output = device.Arena.Rent(TensorShape.Matrix(shape.N, shape.Out));
        Linear.Forward(device, output, input, weight.Weights, bias.Value, shape);
        inputRequiresGrad = input.RequiresGrad;
        bool parametersRequireGrad = weight.RequiresGrad || bias.RequiresGrad;
        output.RequiresGrad = training && (inputRequiresGrad || parametersRequireGrad);
        if (output.RequiresGrad && parametersRequireGrad)
            this.input = input;
        else
            input.Release();
        return output;
    }

    /// <inheritdoc/>
    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput)
    {
        if (input is not null)
        {
            Linear.BackwardWeights(device, weight.Gradient, bias.Gradient, gradOutput, input, shape);
            input.Release();
            input = null;
        }
        Tensor? gradInput = null;
        if (inputRequiresGrad)
        {
            gradInput = device.Arena.Rent(inputShape, inputType);
            Linear.BackwardData(device, gradInput, gradOutput, weight.Weights, shape);
        }
        gradOutput.Release();
        return gradInput;
    }

    private LinearShape ShapeFor(TensorShape input)
    {
        long features = weight.Shape.Count / weight.Shape.N;
        return input.Count == input.N * features
            ? new LinearShape(input.N, (int)features, weight.Shape.N)
            : throw new ArgumentException(
                $"The linear layer {name} takes {features} features an image, not {input}.", nameof(input));
    }
}
