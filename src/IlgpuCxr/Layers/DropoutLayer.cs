using System.Globalization;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Dropout;

namespace IlgpuCxr.Layers;

/// <summary>
/// Drops a random part of the values in training and scales the others up; changes nothing in evaluation.
/// </summary>
public sealed class DropoutLayer : Layer
{
    private readonly string name;
    private readonly float rate;
    private readonly DropoutState state;

    private DropoutMask mask;

    /// <summary>Creates the layer.</summary>
    /// <param name="name">
    /// torchvision's name, such as <c>classifier.2</c>; layers of different names drop different values.
    /// </param>
    /// <param name="rate">
    /// Probability with which a value is dropped, less than 1; 0 for a layer that does nothing.
    /// </param>
    /// <param name="state">The network's seed and step.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is no such probability.</exception>
    public DropoutLayer(string name, float rate, DropoutState state)
    {
        if (!(rate is >= 0 and < 1))
            throw new ArgumentOutOfRangeException(
                nameof(rate), rate, "Dropout drops with a probability of at least 0 and less than 1.");
        this.name = name;
        this.rate = rate;
        this.state = state;
    }

    /// <inheritdoc/>
    public override bool TakesBFloat16 => true;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows)
    {
        rows.Add(
            LayerDescription.Of(name, string.Create(CultureInfo.InvariantCulture, $"dropout {rate}"), input, [], 0));
        return input;
    }

    /// <inheritdoc/>
    public override Tensor Forward(ComputeDevice device, Tensor input, bool training)
    {
        if (!training || rate == 0 || state.IsOff)
            return input;
        mask = new DropoutMask(SplitMix64.ForName(state.Seed, name).NextBits(), rate);
        // Not in place: the layer before may keep its output for its own gradient.
        Tensor output = device.Arena.Rent(input.Shape, input.ElementType);
        output.RequiresGrad = input.RequiresGrad;
        Dropout.Forward(device, output, input, mask, state.Step);
        input.Release();
        return output;
    }

    /// <inheritdoc/>
    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput)
    {
        if (rate == 0 || state.IsOff)
            return gradOutput;
        Tensor gradInput = PlaceOver(device, gradOutput);
        Dropout.Backward(device, gradInput, gradOutput, mask, state.Step);
        gradOutput.Release();
        return gradInput;
    }
}
