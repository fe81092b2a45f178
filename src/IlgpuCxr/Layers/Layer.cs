using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Layers;

/// <summary>A part of a network that maps one tensor to one tensor, and gradients back.</summary>
/// <remarks>
/// There is no tape: the network is the graph, and each layer keeps between <see cref="Forward"/> and
/// <see cref="Backward"/> just what its own gradient needs. Both take over the reference to the tensor they are given
/// and hand over that of the result. As in PyTorch, a result requires a gradient where, in training, the input or a
/// parameter does; then, and only then, the layer keeps something and <see cref="Backward"/> must follow. A layer may
/// write over what it is given where <see cref="Tensor.IsShared"/> is false: the layer before may keep its output for its
/// own gradient, and another path may need either. Not safe for use from several threads at once.
/// </remarks>
public abstract class Layer
{
    /// <summary>
    /// Whether the layer takes tensors of <see cref="ElementType.BFloat16"/> and returns a gradient of its input's
    /// type. Of one that does not, as a layer with kernels of its own, the <see cref="Sequential"/> around it converts
    /// the input, and the input's gradient back. What layers within it return may be bfloat16 all the same.
    /// </summary>
    public virtual bool TakesBFloat16 => false;

    /// <summary>The layer's own parameters and those of its parts, in torchvision's order.</summary>
    public abstract IEnumerable<Parameter> Parameters { get; }

    /// <summary>A row for each simple layer within, to tell a network's structure.</summary>
    /// <param name="input">The shape that arrives.</param>
    /// <param name="rows">Where to add the rows.</param>
    /// <returns>The shape that leaves.</returns>
    /// <exception cref="ArgumentException">The input does not fit the layer.</exception>
    public abstract TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows);

    /// <summary>Computes the output.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="input">The input; the layer releases it.</param>
    /// <param name="training">Whether batch statistics are used and gradients will follow.</param>
    /// <returns>The output; the caller releases it.</returns>
    /// <exception cref="ArgumentException">The input does not fit the layer.</exception>
    public abstract Tensor Forward(ComputeDevice device, Tensor input, bool training);

    /// <summary>Computes the gradients of the parameters that require one, and of the input.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="gradOutput">The gradient of the output; the layer releases it.</param>
    /// <returns>The gradient of the input, which the caller releases, or null where the input requires none.</returns>
    public abstract Tensor? Backward(ComputeDevice device, Tensor gradOutput);

    /// <summary>
    /// Where a result that is computed element by element goes: over what it is computed from, or beside it where
    /// others need that too.
    /// </summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="source">What it is computed from.</param>
    /// <returns>The place; the caller releases it as well as the source, of whose memory it may be.</returns>
    protected static Tensor PlaceOver(ComputeDevice device, Tensor source) =>
        source.IsShared ? device.Arena.Rent(source.Shape, source.ElementType) : source.Retain();
}

/// <summary>One line of a network's summary.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Output">The shape that leaves it.</param>
/// <param name="Parameters">Number of learnable values.</param>
/// <param name="Trainable">Number of learnable values that are not frozen.</param>
/// <param name="Flops">Operations of a forward pass, a multiply-add counted as two; 0 where they do not matter.</param>
public sealed record LayerDescription(
    string Name, string Kind, TensorShape Output, long Parameters, long Trainable, double Flops)
{
    internal static LayerDescription Of(
        string name, string kind, TensorShape output, IEnumerable<Parameter> parameters, double flops)
    {
        var learnable = parameters.Where(p => !p.IsBuffer).ToList();
        return new LayerDescription(
            name, kind, output, learnable.Sum(p => p.Shape.Count),
            learnable.Where(p => p.RequiresGrad).Sum(p => p.Shape.Count), flops);
    }
}
