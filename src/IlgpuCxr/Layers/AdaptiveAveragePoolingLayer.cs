using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Pooling;

namespace IlgpuCxr.Layers;

/// <summary>
/// Averages over as many windows as the output has pixels, whatever the input's size. The averages are of singles, as
/// the tensors of the classifier behind them.
/// </summary>
public sealed class AdaptiveAveragePoolingLayer : Layer
{
    private readonly string name;
    private readonly int size;

    private AdaptiveAveragePoolingShape shape;
    private ElementType inputType;

    /// <summary>Creates the layer.</summary>
    /// <param name="name">torchvision's name.</param>
    /// <param name="size">Rows and columns of the output.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not positive.</exception>
    public AdaptiveAveragePoolingLayer(string name, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        this.name = name;
        this.size = size;
    }

    /// <inheritdoc/>
    public override bool TakesBFloat16 => true;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows)
    {
        var output = new TensorShape(input.N, size, size, input.C);
        rows.Add(LayerDescription.Of(name, "adaptive average pooling", output, [], 0));
        return output;
    }

    /// <inheritdoc/>
    public override Tensor Forward(ComputeDevice device, Tensor input, bool training)
    {
        shape = new AdaptiveAveragePoolingShape(input.Shape.N, input.Shape.H, input.Shape.W, input.Shape.C, size, size);
        inputType = input.ElementType;
        Tensor output = device.Arena.Rent(new TensorShape(shape.N, size, size, shape.C));
        output.RequiresGrad = training && input.RequiresGrad;
        AdaptiveAveragePooling.Forward(device, output, input, shape);
        input.Release();
        return output;
    }

    /// <inheritdoc/>
    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput)
    {
        Tensor gradInput = device.Arena.Rent(new TensorShape(shape.N, shape.H, shape.W, shape.C), inputType);
        AdaptiveAveragePooling.Backward(device, gradInput, gradOutput, shape);
        gradOutput.Release();
        return gradInput;
    }
}
