using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>
/// The classifier that takes the place of the 1000-way one: <c>in -> hidden -> outputs</c> with a ReLU, or
/// <c>in -> outputs</c>.
/// </summary>
/// <param name="Hidden">
/// Features of the hidden layer; 0 for the network's own classifier with another last layer.
/// </param>
/// <param name="Outputs">Logits.</param>
/// <param name="Dropout">
/// Share of the values after each hidden layer that training drops, those of VGG16's own classifier included.
/// </param>
public readonly record struct NetworkHead(int Hidden, int Outputs, float Dropout = 0)
{
    /// <summary>Part 1 of the study: <c>in -> 130 -> 2</c>.</summary>
    public static NetworkHead Part1 => new(130, 2);

    /// <summary>Part 2 of the study: <c>in -> 3</c>, and torchvision's dropout of one half.</summary>
    public static NetworkHead Part2 => new(0, 3, 0.5f);

    /// <summary>The layers, named as an <c>nn.Sequential</c> or a single <c>nn.Linear</c> of that name.</summary>
    /// <param name="name">The name in front of the parameters.</param>
    /// <param name="input">What arrives for one image.</param>
    /// <param name="dropout">The network's seed and step.</param>
    internal Layer Build(string name, TensorShape input, DropoutState dropout)
    {
        if (Hidden == 0)
            return new LinearLayer(name, input, Outputs);
        var layers = new List<Layer> { new LinearLayer($"{name}.0", input, Hidden), new ReluLayer($"{name}.1") };
        if (Dropout > 0)
            layers.Add(new DropoutLayer($"{name}.2", Dropout, dropout));
        layers.Add(new LinearLayer($"{name}.{layers.Count}", TensorShape.Vector(Hidden), Outputs));
        return new Sequential(layers);
    }
}
