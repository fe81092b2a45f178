using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Layers;

/// <summary>The largest value of each window; after a ReLU, its gradient takes the ReLU's with it.</summary>
public sealed class MaxPoolingLayer : Layer
{
    private readonly string name;
    private readonly int window;
    private readonly int stride;
    private readonly int padding;

    private MaxPoolingShape shape;
    private Tensor? positions;
    private bool isActivation;

    /// <summary>Creates the layer.</summary>
    /// <param name="name">torchvision's name.</param>
    /// <param name="window">
    /// Rows and columns of a window, at most <see cref="MaxPoolingShape.MaxWindow"/>.
    /// </param>
    /// <param name="stride">Step between windows.</param>
    /// <param name="padding">Rows and columns of minus infinity around the input, at most half a window.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The window or stride is not positive, the window too large, or one could hold nothing but padding.
    /// </exception>
    public MaxPoolingLayer(string name, int window, int stride, int padding)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(window);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, MaxPoolingShape.MaxWindow);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stride);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(padding, window / 2);
        this.name = name;
        this.window = window;
        this.stride = stride;
        this.padding = padding;
    }

    /// <inheritdoc/>
    public override bool TakesBFloat16 => true;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows)
    {
        TensorShape output = ShapeFor(input).Output;
        rows.Add(LayerDescription.Of(name, $"max pooling {window}x{window}, stride {stride}", output, [], 0));
        return output;
    }

    /// <inheritdoc/>
    public override Tensor Forward(ComputeDevice device, Tensor input, bool training)
    {
        shape = ShapeFor(input.Shape);
        Tensor output = device.Arena.Rent(shape.Output, input.ElementType);
        output.RequiresGrad = training && input.RequiresGrad;
        positions = output.RequiresGrad ? device.Arena.Rent(shape.Positions) : null;
        isActivation = input.IsActivation;
        MaxPooling.Forward(device, output, positions, input, isActivation, shape);
        if (positions is not null && isActivation)
            input.TakeOverMask();
        input.Release();
        return output;
    }

    /// <inheritdoc/>
    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput)
    {
        Tensor gradInput = device.Arena.Rent(shape.Input, gradOutput.ElementType);
        MaxPooling.Backward(device, gradInput, gradOutput, positions!, shape);
        gradInput.IsMasked = isActivation;
        positions!.Release();
        positions = null;
        gradOutput.Release();
        return gradInput;
    }

    private MaxPoolingShape ShapeFor(TensorShape input) =>
        Math.Min(input.H, input.W) + 2 * padding >= window
            ? new(input.N, input.H, input.W, input.C, window, stride, padding)
            : throw new ArgumentException(
                $"The max pooling {name} has windows of {window}x{window}, larger than {input} with padding {padding}.",
                nameof(input));
}
