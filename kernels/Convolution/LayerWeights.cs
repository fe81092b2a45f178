using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The weights of a convolution or a linear layer, and their copy of bfloat16 where there is one.
/// </summary>
/// <remarks>
/// In bf16 two passes of a step multiply with the weights of each layer, and each would round them for itself. A
/// network rounds all of its weights at once, by one launch instead of two a layer.
/// </remarks>
/// <param name="Values"><c>[K, R, S, C]</c></param>
/// <param name="Rounded">
/// The same, two of bfloat16 in each float; empty for none. It is used where K and C are multiples of 8, by algorithms
/// that multiply bfloat16.
/// </param>
public readonly record struct LayerWeights(ArrayView<float> Values, ArrayView<float> Rounded)
{
    /// <summary>Weights without a copy.</summary>
    /// <param name="values"><c>[K, R, S, C]</c></param>
    public static implicit operator LayerWeights(ArrayView<float> values) => new(values, default);

    /// <summary>Requires so many weights, and as many in the copy if there is one.</summary>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    internal void Require(ComputeDevice device, long count)
    {
        Sizes.Require(device, Values, count, "weights");
        Sizes.RequireOrEmpty(device, Rounded, ElementType.BFloat16.Floats(count), "the weights' copy of bfloat16");
    }
}
