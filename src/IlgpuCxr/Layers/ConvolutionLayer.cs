using IlgpuCxr.Kernels.Activation;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Layers;

/// <summary>
/// A convolution: without bias where batch norm follows, as in ResNet, or with one and with ReLU, as in VGG.
/// </summary>
/// <remarks>
/// ReLU and its gradient cost no trip to memory where they can be had with a convolution: the outputs are rectified as
/// they are written, and the next convolution sets its input's gradient to 0 where its input is. A batch norm that
/// follows finds its statistics with the outputs, where a GPU's tiles can write them.
/// </remarks>
public sealed class ConvolutionLayer : Layer
{
    private readonly string name;
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly int stride;
    private readonly int padding;
    private readonly bool relu;

    private ConvolutionShape shape;
    private ElementType inputType;
    private bool inputRequiresGrad;
    private Tensor? input;
    private Tensor? activation;

    /// <summary>Creates the layer.</summary>
    /// <param name="name">torchvision's name, such as <c>layer1.0.conv1</c>.</param>
    /// <param name="inChannels">Channels that arrive.</param>
    /// <param name="outChannels">Channels that leave.</param>
    /// <param name="filterSize">Filter rows and columns.</param>
    /// <param name="stride">Step between outputs.</param>
    /// <param name="padding">Zeros around the input.</param>
    /// <param name="hasBias">Whether a bias is added.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, or the padding negative.</exception>
    public ConvolutionLayer(
        string name, int inChannels, int outChannels, int filterSize, int stride, int padding, bool hasBias = false,
        bool relu = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inChannels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outChannels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(filterSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stride);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        this.relu = relu;
        this.name = name;
        this.stride = stride;
        this.padding = padding;
        var weights = new TensorShape(outChannels, filterSize, filterSize, inChannels);
        weight = new Parameter(
            $"{name}.weight", weights, ParameterLayout.Filter,
            Initialization.KaimingNormal(outChannels * filterSize * filterSize));
        if (hasBias)
            bias = new Parameter(
                $"{name}.bias", TensorShape.Vector(outChannels), ParameterLayout.Vector, Initialization.Constant(0));
    }

    /// <inheritdoc/>
    public override bool TakesBFloat16 => true;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => bias is null ? [weight] : [weight, bias];

    /// <inheritdoc/>
    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows)
    {
        ConvolutionShape sizes = ShapeFor(input);
        string kind = $"convolution {sizes.R}x{sizes.S}, stride {stride}{(relu ? ", ReLU" : "")}";
        rows.Add(LayerDescription.Of(name, kind, sizes.Output, Parameters, sizes.Flops));
        return sizes.Output;
    }

    /// <inheritdoc/>
    public override Tensor Forward(ComputeDevice device, Tensor input, bool training)
    {
        // A step that threw may have left them.
        (this.input, activation) = (null, null);
        shape = ShapeFor(input.Shape);
        Tensor output = device.Arena.Rent(shape.Output, Convolution.OutputType(device, shape));
        if (training && bias is null && !relu)
            Convolution.ForwardForBatchNorm(device, output, input, weight.Weights, shape);
        else
            Convolution.Forward(device, output, input, weight.Weights, bias?.Value ?? default, relu, shape);
        inputType = input.ElementType;
        inputRequiresGrad = input.RequiresGrad;
        bool parametersRequireGrad = weight.RequiresGrad || bias is { RequiresGrad: true };
        output.RequiresGrad = training && (inputRequiresGrad || parametersRequireGrad);
        if (output.RequiresGrad && parametersRequireGrad)
            this.input = input;
        else
            input.Release();
        output.IsActivation = relu;
        if (relu && output.RequiresGrad)
            activation = output.RetainForMask();
        return output;
    }

    /// <inheritdoc/>
    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput) => Backward(device, gradOutput, null);

    /// <summary>
    /// As <see cref="Backward(ComputeDevice, Tensor)"/>, where another path's gradient of the same input exists
    /// already.
    /// </summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradOutput">The gradient of the output; the layer releases it.</param>
    /// <param name="gradInput">The other path's gradient, to which this one is added; null for none.</param>
    /// <returns>The gradient of the input, or null where the input requires none.</returns>
    public Tensor? Backward(ComputeDevice device, Tensor gradOutput, Tensor? gradInput)
    {
        if (activation is not null)
            gradOutput = Masked(device, gradOutput, activation);
        activation = null;
        Tensor? masking = null;
        if (input is not null)
        {
            Convolution.BackwardWeights(device, weight.Gradient, bias?.Gradient ?? default, gradOutput, input, shape);
            masking = inputRequiresGrad && input.IsActivation ? input : null;
            if (masking is null)
                input.Release();
            input = null;
        }
        if (inputRequiresGrad)
        {
            bool accumulate = gradInput is not null;
            gradInput ??= device.Arena.Rent(shape.Input, inputType);
            Convolution.BackwardData(device, gradInput, gradOutput, weight.Weights, accumulate, masking, shape);
            gradInput.IsMasked = masking is not null;
            masking?.Release();
        }
        gradOutput.Release();
        return gradInput;
    }

    /// <summary>The gradient after the ReLU's; what it is computed from is released.</summary>
    private Tensor Masked(ComputeDevice device, Tensor gradOutput, Tensor activation)
    {
        Tensor masked = gradOutput;
        if (!gradOutput.IsMasked)
        {
            if (!activation.IsHeldForMask)
                throw new InvalidOperationException(
                    $"The gradient of the convolution {name} is not what the pooling after it gave; hold the output by Retain where another path needs it.");
            masked = PlaceOver(device, gradOutput);
            Relu.Backward(device, masked, gradOutput, activation);
            gradOutput.Release();
        }
        // A pooling that has taken the mask over has released it.
        if (activation.IsHeldForMask)
            activation.Release();
        return masked;
    }

    private ConvolutionShape ShapeFor(TensorShape input)
    {
        if (input.C != weight.Shape.C)
            throw new ArgumentException(
                $"The convolution {name} takes {weight.Shape.C} channels, not {input}.", nameof(input));
        if (input.H + 2 * padding < weight.Shape.H || input.W + 2 * padding < weight.Shape.W)
            throw new ArgumentException(
                $"The convolution {name} has a filter of {weight.Shape.H}x{weight.Shape.W} that is larger than {input} with padding {padding}.",
                nameof(input));
        return new(input.N, input.H, input.W, input.C, weight.Shape.N, weight.Shape.H, weight.Shape.W, stride, padding);
    }
}
