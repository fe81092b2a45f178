using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Layers;

/// <summary>A layer that does not take bfloat16, between others that may give it some.</summary>
/// <param name="layer">The layer.</param>
internal sealed class InSinglePrecision(Layer layer) : Layer
{
    private ElementType inputType;

    /// <summary>The layer.</summary>
    public Layer Layer => layer;

    /// <inheritdoc/>
    public override bool TakesBFloat16 => true;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => layer.Parameters;

    /// <inheritdoc/>
    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows) =>
        layer.Describe(input, rows);

    /// <inheritdoc/>
    public override Tensor Forward(ComputeDevice device, Tensor input, bool training)
    {
        inputType = input.ElementType;
        return layer.Forward(device, ElementConversion.To(device, ElementType.Single, input), training);
    }

    /// <inheritdoc/>
    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput) =>
        layer.Backward(device, gradOutput) is { } gradInput
            ? ElementConversion.To(device, inputType, gradInput)
            : null;
}
