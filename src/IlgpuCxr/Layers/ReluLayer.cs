using IlgpuCxr.Kernels.Activation;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Layers;

/// <summary><c>x ≤ 0 ? 0 : x</c>, in place where nobody else holds the input.</summary>
/// <param name="name">torchvision's name, such as <c>fc.1</c>.</param>
public sealed class ReluLayer(string name) : Layer
{
    private Tensor? output;

    /// <inheritdoc/>
    public override bool TakesBFloat16 => true;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows)
    {
        rows.Add(LayerDescription.Of(name, "ReLU", input, [], 0));
        return input;
    }

    /// <inheritdoc/>
    public override Tensor Forward(ComputeDevice device, Tensor input, bool training)
    {
        Tensor result = PlaceOver(device, input);
        Relu.Forward(device, result, input);
        result.RequiresGrad = training && input.RequiresGrad;
        if (result.RequiresGrad)
            output = result.Retain();
        input.Release();
        return result;
    }

    /// <inheritdoc/>
    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput)
    {
        Tensor gradInput = PlaceOver(device, gradOutput);
        Relu.Backward(device, gradInput, gradOutput, output!);
        output!.Release();
        output = null;
        gradOutput.Release();
        return gradInput;
    }
}
