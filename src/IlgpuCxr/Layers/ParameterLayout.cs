namespace IlgpuCxr.Layers;

/// <summary>How a parameter's elements are ordered here and in PyTorch.</summary>
public enum ParameterLayout
{
    /// <summary>One axis, the same in both.</summary>
    Vector,

    /// <summary><c>[out, in]</c>, the same in both.</summary>
    Matrix,

    /// <summary>A convolution's weights: <c>[K, R, S, C]</c> here, <c>[K, C, R, S]</c> in PyTorch.</summary>
    Filter,

    /// <summary>
    /// The weights of a linear layer that follows an image: <c>[out, H, W, C]</c> here, <c>[out, C H W]</c> in PyTorch,
    /// where the image is flattened channels first.
    /// </summary>
    FlattenedFilter,
}
