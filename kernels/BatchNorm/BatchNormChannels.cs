using ILGPU;

namespace IlgpuCxr.Kernels.BatchNorm;

/// <summary>
/// What the values of a channel are normalised with, each <c>[C]</c>:
/// <c>(input - mean) · (inverseStd · weight) + bias</c>.
/// </summary>
/// <remarks>
/// The backward pass computes this again where a ReLU followed and no residual was added: it needs the sign only, and
/// reads the input anyway, so that the output need not be read. The operations are those of the forward pass, so the
/// sign is too.
/// </remarks>
internal readonly struct BatchNormChannels(
    ArrayView<float> mean, ArrayView<float> inverseStd, ArrayView<float> weight, ArrayView<float> bias)
{
    /// <summary>The batch's mean, or the running one.</summary>
    public ArrayView<float> Mean { get; } = mean;

    /// <summary><c>1 / √(variance + epsilon)</c></summary>
    public ArrayView<float> InverseStd { get; } = inverseStd;

    /// <summary>The learnt scale.</summary>
    public ArrayView<float> Weight { get; } = weight;

    /// <summary>The learnt shift.</summary>
    public ArrayView<float> Bias { get; } = bias;
}
