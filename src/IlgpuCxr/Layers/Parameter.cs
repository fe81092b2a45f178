using ILGPU;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Layers;

/// <summary>Values that a network learns (weights) or keeps (running statistics), under torchvision's name.</summary>
public sealed class Parameter
{
    /// <summary>Creates a parameter without memory; the <see cref="Models.ParameterStore"/> gives it some.</summary>
    /// <param name="name">torchvision's name, such as <c>layer1.0.conv1.weight</c>.</param>
    /// <param name="shape">The extents; a filter's are <c>[K, R, S, C]</c>, a matrix's <c>[out, 1, 1, in]</c>.</param>
    /// <param name="layout">The order of the elements.</param>
    /// <param name="initialization">The values at first.</param>
    /// <param name="isBuffer">Whether this is a running statistic, which no gradient changes.</param>
    public Parameter(
        string name, TensorShape shape, ParameterLayout layout, Initialization initialization, bool isBuffer = false)
    {
        Name = name;
        Shape = shape;
        Layout = layout;
        Initialization = initialization;
        IsBuffer = isBuffer;
        RequiresGrad = !isBuffer;
    }

    /// <summary>torchvision's name.</summary>
    public string Name { get; }

    /// <summary>The extents in this library's order.</summary>
    public TensorShape Shape { get; }

    /// <summary>How the elements are ordered.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The values at first.</summary>
    public Initialization Initialization { get; }

    /// <summary>Whether this is a running statistic.</summary>
    public bool IsBuffer { get; }

    /// <summary>Whether training changes it; false is "frozen". Of a running statistic it stays false.</summary>
    public bool RequiresGrad { get; set => field = value && !IsBuffer; }

    /// <summary>The extents as PyTorch has them: <c>[K, C, R, S]</c>, <c>[out, in]</c> or <c>[C]</c>.</summary>
    public IReadOnlyList<long> PyTorchShape => Layout switch
    {
        ParameterLayout.Filter => [Shape.N, Shape.C, Shape.H, Shape.W],
        ParameterLayout.Matrix => [Shape.N, Shape.C],
        ParameterLayout.FlattenedFilter => [Shape.N, Shape.Count / Shape.N],
        _ => [Shape.C],
    };

    /// <summary>The values on the device.</summary>
    public ArrayView<float> Value { get; internal set; }

    /// <summary>The values for products, with the copy of bfloat16 that the network makes of them in bf16.</summary>
    internal LayerWeights Weights => new(Value, Rounded);

    /// <summary>That copy; empty for none.</summary>
    internal ArrayView<float> Rounded { get; set; }

    /// <summary>The gradient on the device; empty for a buffer.</summary>
    public ArrayView<float> Gradient { get; internal set; }

    /// <summary>The gradient where it is wanted, nothing where the parameter is frozen.</summary>
    internal ArrayView<float> WantedGradient => RequiresGrad ? Gradient : default;
}
