using IlgpuCxr.Kernels.BatchNorm;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Layers;

/// <summary>
/// Batch norm over each channel, with the addition of a residual and the ReLU after it in the same pass over memory.
/// </summary>
/// <remarks>
/// Momentum .1 and epsilon 1e-5 are PyTorch's defaults. A frozen batch norm still normalises with the batch's
/// statistics in training and still updates its running ones; only its weight and bias stay. That is what PyTorch does
/// with <c>requires_grad=False</c>.
/// </remarks>
public sealed class BatchNormLayer : Layer
{
    /// <summary>How much of a batch's statistics goes into the running ones.</summary>
    internal const float Momentum = 0.1f;

    /// <summary>Keeps the variance from zero.</summary>
    internal const float Epsilon = 1e-5f;

    private readonly string name;
    private readonly bool relu;
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly Parameter runningMean;
    private readonly Parameter runningVar;

    private BatchNormShape shape;
    private bool inputRequiresGrad;
    private bool residualRequiresGrad;
    private Tensor? input;
    private Tensor? output;
    private Tensor? mean;
    private Tensor? inverseStd;

    /// <summary>Creates the layer.</summary>
    /// <param name="name">torchvision's name, such as <c>layer1.0.bn1</c>.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no channels.</exception>
    public BatchNormLayer(string name, int channels, bool relu)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        this.name = name;
        this.relu = relu;
        TensorShape vector = TensorShape.Vector(channels);
        weight = new Parameter($"{name}.weight", vector, ParameterLayout.Vector, Initialization.Constant(1));
        bias = new Parameter($"{name}.bias", vector, ParameterLayout.Vector, Initialization.Constant(0));
        runningMean = new Parameter(
            $"{name}.running_mean", vector, ParameterLayout.Vector, Initialization.Constant(0), isBuffer: true);
        runningVar = new Parameter(
            $"{name}.running_var", vector, ParameterLayout.Vector, Initialization.Constant(1), isBuffer: true);
    }

    /// <inheritdoc/>
    public override bool TakesBFloat16 => true;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [weight, bias, runningMean, runningVar];

    /// <inheritdoc/>
    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows)
    {
        _ = ShapeFor(input);
        rows.Add(LayerDescription.Of(name, relu ? "batch norm, ReLU" : "batch norm", input, Parameters, 0));
        return input;
    }

    /// <inheritdoc/>
    public override Tensor Forward(ComputeDevice device, Tensor input, bool training) =>
        Forward(device, input, null, training);

    /// <summary>
    /// As <see cref="Forward(ComputeDevice, Tensor, bool)"/>, with a residual that is added before the ReLU.
    /// </summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="input">The input; the layer releases it.</param>
    /// <param name="residual">What is added, of the input's shape; the layer releases it. Null for none.</param>
    /// <param name="training">Whether batch statistics are used and gradients will follow.</param>
    public Tensor Forward(ComputeDevice device, Tensor input, Tensor? residual, bool training)
    {
        shape = ShapeFor(input.Shape);
        Tensor output = device.Arena.Rent(input.Shape, input.ElementType);
        if (!training)
        {
            BatchNorm.ForwardEvaluation(
                device, output, input, residual, runningMean.Value, runningVar.Value, weight.Value, bias.Value, Epsilon,
                relu, shape);
            input.Release();
            residual?.Release();
            return output;
        }

        Tensor mean = device.Arena.Rent(weight.Shape), inverseStd = device.Arena.Rent(weight.Shape);
        BatchNorm.ForwardTraining(
            device, output, mean.View, inverseStd.View, runningMean.Value, runningVar.Value, input, residual,
            weight.Value, bias.Value, Momentum, Epsilon, relu, shape);
        inputRequiresGrad = input.RequiresGrad;
        residualRequiresGrad = residual is { RequiresGrad: true };
        output.RequiresGrad = inputRequiresGrad || residualRequiresGrad || weight.RequiresGrad || bias.RequiresGrad;
        residual?.Release();
        if (output.RequiresGrad)
        {
            (this.input, this.output, this.mean, this.inverseStd) =
                (input, relu && residual is not null ? output.Retain() : null, mean, inverseStd);
        }
        else
        {
            input.Release();
            mean.Release();
            inverseStd.Release();
        }
        return output;
    }

    /// <inheritdoc/>
    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput) =>
        BackwardWithResidual(device, gradOutput).Input;

    /// <summary>As <see cref="Backward(ComputeDevice, Tensor)"/>, for both inputs.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradOutput">The gradient of the output; the layer releases it.</param>
    /// <returns>The gradients of the input and of the residual, each null where none is required.</returns>
    public (Tensor? Input, Tensor? Residual) BackwardWithResidual(ComputeDevice device, Tensor gradOutput)
    {
        // The residual's gradient is the output's with the ReLU's mask applied, so it takes the output gradient's
        // place.
        Tensor place = PlaceOver(device, gradOutput);
        Tensor? gradResidual = residualRequiresGrad ? place : null;
        Tensor gradInput = residualRequiresGrad
            ? device.Arena.Rent(gradOutput.Shape, gradOutput.ElementType)
            : place;
        BatchNorm.Backward(
            device, gradInput, gradResidual, weight.WantedGradient, bias.WantedGradient, gradOutput, output, input!,
            mean!.View, inverseStd!.View, weight.Value, bias.Value, relu, shape);
        gradOutput.Release();
        foreach (Tensor? kept in (ReadOnlySpan<Tensor?>)[input, output, mean, inverseStd])
            kept?.Release();
        (input, output, mean, inverseStd) = (null, null, null, null);
        if (inputRequiresGrad)
            return (gradInput, gradResidual);
        gradInput.Release();
        return (null, gradResidual);
    }

    private BatchNormShape ShapeFor(TensorShape input) =>
        input.C == weight.Shape.Count
            ? new BatchNormShape(input.N, input.H, input.W, input.C)
            : throw new ArgumentException(
                $"The batch norm {name} takes {weight.Shape.Count} channels, not {input}.", nameof(input));
}
