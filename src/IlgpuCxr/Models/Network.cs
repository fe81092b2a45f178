using System.Globalization;
using System.Text.RegularExpressions;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>A network on a device: its layers, its parameters in one block, forward and backward.</summary>
public sealed partial class Network : IDisposable
{
    /// <summary>What <see cref="Freeze"/> takes to freeze no parameter.</summary>
    public const string NothingFrozen = "none";

    /// <summary>What <see cref="Freeze"/> takes to freeze everything but the classifier.</summary>
    public const string BackboneFrozen = "backbone";

    private readonly ComputeDevice device;
    private readonly Sequential layers;
    private readonly Sequential features;
    // All that follows the features: pooling and the classifier.
    private readonly Sequential tail;
    private readonly IReadOnlyList<Parameter> parameters;

    private ElementType outputType;
    private bool awaitsBackward;

    /// <summary>Creates a network whose parameters are zero; see <see cref="Initialize"/>.</summary>
    /// <param name="device">Where it lives.</param>
    /// <param name="name">Its architecture, <c>resnet18</c>.</param>
    /// <param name="head">Its classifier.</param>
    /// <exception cref="NetworkException">There is no such architecture.</exception>
    public Network(ComputeDevice device, string name, NetworkHead head)
        : this(device, Architecture.Of(name), head)
    {
    }

    /// <summary>
    /// Creates a network of any architecture, whose parameters are zero; see <see cref="Initialize"/>.
    /// </summary>
    /// <param name="device">Where it lives.</param>
    /// <param name="architecture">Its layers.</param>
    /// <param name="head">Its classifier.</param>
    /// <exception cref="ArgumentException">
    /// No parameter is of the classifier that the architecture names, two have one name, or one is another network's.
    /// </exception>
    public Network(ComputeDevice device, Architecture architecture, NetworkHead head)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(architecture);
        this.device = device;
        Architecture = architecture;
        Head = head;
        layers = architecture.Build(head, Dropout);
        (features, tail) = layers.Split(architecture.FeatureLayers);
        parameters = [.. layers.Parameters];
        if (!parameters.Any(parameter => IsHead(parameter.Name)))
            throw new ArgumentException(
                $"No parameter of {architecture.Name} is of its classifier '{architecture.HeadName}'; name the layer that gives the logits.",
                nameof(architecture));
        Store = new ParameterStore(device, parameters);
        try
        {
            Dropout.Begin(device, 0);
        }
        catch
        {
            Store.Dispose();
            throw;
        }
    }

    /// <summary>The architecture.</summary>
    public string Name => Architecture.Name;

    internal Architecture Architecture { get; }

    /// <summary>The classifier.</summary>
    public NetworkHead Head { get; }

    /// <summary>What decides the values that dropout layers drop.</summary>
    public DropoutState Dropout { get; } = new();

    /// <summary>The parameters and running statistics, in torchvision's order.</summary>
    /// <exception cref="ObjectDisposedException">Their memory is given back.</exception>
    public IReadOnlyList<Parameter> Parameters
    {
        get
        {
            Store.RequireMemory();
            return parameters;
        }
    }

    /// <summary>The parameters' memory.</summary>
    public ParameterStore Store { get; }

    /// <summary>
    /// Sets all parameters as torchvision sets those of a new network, and what <see cref="Dropout"/> draws from:
    /// convolutions after He et al. (2015), arXiv:1502.01852, by their outputs, where a bare <c>nn.Conv2d</c> has
    /// smaller values.
    /// </summary>
    /// <param name="seed">The same seed gives the same values on every device.</param>
    /// <exception cref="UsageException">A parameter has more values than an array holds.</exception>
    public void Initialize(long seed)
    {
        foreach (Parameter parameter in Parameters)
            device.Upload<float>(parameter.Value, Initializer.Values(parameter, seed));
        Dropout.Seed = seed;
    }

    /// <summary>Freezes the parameters that a specification names and lets all others train.</summary>
    /// <param name="specification">
    /// <c>none</c>, <c>backbone</c> (everything but the classifier), or names such as <c>conv1,bn1,layer1</c>;
    /// <c>features[:17]</c> names the parts <c>features.0</c> to <c>features.16</c>, as in Python.
    /// </param>
    /// <exception cref="UsageException">A name matches no parameter.</exception>
    public void Freeze(string specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        string[] parts = [.. Parameters.Select(p => p.Name.Split('.')[0]).Distinct()];
        string[] names = specification.Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (names is [NothingFrozen])
            names = [];
        else if (names is [BackboneFrozen])
            names = [.. parts.Where(part => part != Architecture.HeadName)];
        foreach (string name in names.Where(name => !Parameters.Any(p => IsPart(p, name))))
            throw new UsageException(
                $"'{name}' is no part of {Name} that could be frozen; name one of {string.Join(", ", parts)}, or what is in one, such as {Parameters[0].Name}.");
        foreach (Parameter parameter in Parameters)
            parameter.RequiresGrad = !parameter.IsBuffer && !names.Any(name => IsPart(parameter, name));
    }

    /// <summary>Whether a name is of the classifier and not of the backbone.</summary>
    /// <param name="name">torchvision's name of a parameter.</param>
    public bool IsHead(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith(Architecture.HeadName + ".", StringComparison.Ordinal);
    }

    /// <summary>Whether a training step on a batch is defined.</summary>
    /// <remarks>
    /// Batch norm needs two values per channel for a variance, and of the smallest image the last layers see one pixel.
    /// </remarks>
    /// <param name="images"><c>[N, H, W, 3]</c></param>
    public bool CanTrainOn(TensorShape images) =>
        images.N > 1 || images.H > Architecture.SmallestImage || !Parameters.Any(p => p.IsBuffer);

    /// <summary>Refuses batches on which no training step is defined; see <see cref="CanTrainOn"/>.</summary>
    /// <param name="images"><c>[N, H, W, 3]</c></param>
    /// <exception cref="UsageException">The batch is too small.</exception>
    public void RequireTrainable(TensorShape images)
    {
        if (!CanTrainOn(images))
        {
            // Twice the side leaves the last layers nine values. Of two, a batch of 2, normalised ones are 1 and -1,
            // and what divides the gradient is as small as their difference: it explodes from layer to layer.
            throw new UsageException(
                $"One image of {images.H}x{images.W} pixels leaves batch norm a single value per channel, which has no variance; "
                + $"use a size of {2 * images.H + 1} or a batch of 8, or more.");
        }
    }

    /// <summary>Computes the logits.</summary>
    /// <param name="images"><c>[N, H, W, 3]</c>, normalised; the network releases it.</param>
    /// <param name="training">Whether batch statistics are used and <see cref="Backward"/> will follow.</param>
    /// <returns><c>[N, 1, 1, outputs]</c>; the caller releases it.</returns>
    public Tensor Forward(Tensor images, bool training)
    {
        Store.RoundWeights();
        Tensor logits = Logits(layers.Forward(device, images, training));
        awaitsBackward = logits.RequiresGrad;
        return logits;
    }

    /// <summary>Computes the gradients of all parameters that are not frozen.</summary>
    /// <remarks>They take the place of those of the step before; nothing is added to them.</remarks>
    /// <param name="gradLogits">The gradient of the logits; the network releases it.</param>
    /// <exception cref="InvalidOperationException">
    /// No <see cref="Forward"/> in training came before whose result requires a gradient, or its gradient was computed.
    /// </exception>
    public void Backward(Tensor gradLogits)
    {
        Store.RequireMemory();
        if (!awaitsBackward)
            throw new InvalidOperationException(
                "Backward has no Forward to follow whose logits require a gradient; call Forward with training: true before each, with parameters that are not frozen.");
        awaitsBackward = false;
        layers.Backward(device, ForLastLayer(gradLogits))?.Release();
    }

    /// <summary>The activations of the last convolution block, with the running statistics.</summary>
    /// <param name="images"><c>[N, H, W, 3]</c>, normalised; the network releases it.</param>
    /// <returns><c>[N, P, Q, K]</c>; the caller releases it.</returns>
    internal Tensor ForwardFeatures(Tensor images)
    {
        Store.RoundWeights();
        return features.Forward(device, images, training: false);
    }

    /// <summary>
    /// The logits from those activations, of the same parameters, with what <see cref="BackwardTail"/> needs.
    /// </summary>
    /// <param name="activations">What <see cref="ForwardFeatures"/> gave; the network releases it.</param>
    internal Tensor ForwardTail(Tensor activations) => Logits(
        tail.Forward(device, activations, training: true));

    /// <summary>The gradient of the activations, which must require one.</summary>
    /// <param name="gradLogits">The gradient of the logits; the network releases it.</param>
    internal Tensor BackwardTail(Tensor gradLogits) => tail.Backward(device, ForLastLayer(gradLogits))!;

    /// <summary>A row for each layer.</summary>
    /// <param name="images">The shape of a batch.</param>
    public IReadOnlyList<LayerDescription> Describe(TensorShape images)
    {
        var rows = new List<LayerDescription>();
        layers.Describe(images, rows);
        return rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dropout.Dispose();
        Store.Dispose();
    }

    /// <summary>Requires that the network is on a device.</summary>
    /// <exception cref="ArgumentException">It is on another.</exception>
    internal void RequireOn(ComputeDevice device)
    {
        if (device != this.device)
            throw new ArgumentException(
                $"The network {Name} is on another device ({this.device.Name}); use the one that it was made with.",
                nameof(device));
    }

    // A convolution may be the last layer, whose output in bf16 is bfloat16; losses and metrics are of singles.
    private Tensor Logits(Tensor output)
    {
        outputType = output.ElementType;
        return ElementConversion.To(device, ElementType.Single, output);
    }

    private Tensor ForLastLayer(Tensor gradLogits) => ElementConversion.To(device, outputType, gradLogits);

    private static bool IsPart(Parameter parameter, string name)
    {
        if (Slice().Match(name) is not { Success: true } slice)
            return parameter.Name == name || parameter.Name.StartsWith(name + ".", StringComparison.Ordinal);
        string prefix = slice.Groups["sequence"].Value + ".", end = slice.Groups["end"].Value;
        return parameter.Name.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(
                parameter.Name[prefix.Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture,
                out int index)
            && index < int.Parse(end, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^(?<sequence>.+)\[:(?<end>[0-9]{1,6})\]$")]
    private static partial Regex Slice();
}
