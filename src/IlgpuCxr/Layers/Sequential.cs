using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Layers;

/// <summary>Layers one after the other.</summary>
public sealed class Sequential : Layer
{
    private readonly IReadOnlyList<Layer> layers;

    /// <summary>Creates the sequence.</summary>
    /// <param name="layers">
    /// The layers, first to last, each of them once: a layer keeps what its gradient needs.
    /// </param>
    /// <exception cref="ArgumentException">A layer stands at two places, or is null.</exception>
    public Sequential(params IReadOnlyList<Layer> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        if (layers.Contains(null!))
            throw new ArgumentException("A layer of the sequence is null; leave it out.", nameof(layers));
        Layer[] leaves = [.. LeavesOf(layers)];
        if (leaves.Distinct().Count() < leaves.Length)
            throw new ArgumentException(
                "A layer stands at two places of the sequence, or of those in it; make one for each place.", nameof(layers));
        this.layers = [.. layers.Select(layer => layer.TakesBFloat16 ? layer : new InSinglePrecision(layer))];
    }

    /// <inheritdoc/>
    public override bool TakesBFloat16 => true;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => layers.SelectMany(layer => layer.Parameters);

    /// <inheritdoc/>
    public override TensorShape Describe(TensorShape input, ICollection<LayerDescription> rows)
    {
        foreach (Layer layer in layers)
            input = layer.Describe(input, rows);
        return input;
    }

    /// <inheritdoc/>
    public override Tensor Forward(ComputeDevice device, Tensor input, bool training)
    {
        foreach (Layer layer in layers)
            input = layer.Forward(device, input, training);
        return input;
    }

    /// <inheritdoc/>
    public override Tensor? Backward(ComputeDevice device, Tensor gradOutput)
    {
        Tensor? gradient = gradOutput;
        for (int i = layers.Count - 1; i >= 0 && gradient is not null; i--)
            gradient = layers[i].Backward(device, gradient);
        return gradient;
    }

    /// <summary>The same layers in two parts: so many first ones, and the others.</summary>
    /// <param name="count">Layers of the first part.</param>
    internal (Sequential First, Sequential Second) Split(int count) =>
        (new([.. layers.Take(count)]), new([.. layers.Skip(count)]));

    private static IEnumerable<Layer> LeavesOf(IEnumerable<Layer> layers) => layers.SelectMany(layer => layer switch
    {
        Sequential inner => LeavesOf(inner.layers),
        InSinglePrecision outer => [outer.Layer],
        _ => [layer],
    });
}
