namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// How exactly convolutions and linear layers multiply; sums, tensors in memory and all else are single precision.
/// </summary>
public enum Precision
{
    /// <summary>Single precision: 23 bits of mantissa.</summary>
    Fp32,

    /// <summary>
    /// Tensor cores, factors rounded to 10 bits of mantissa: what PyTorch does for convolutions unless told otherwise.
    /// </summary>
    Tf32,

    /// <summary>Tensor cores, factors rounded to bfloat16, 7 bits of mantissa.</summary>
    Bf16,
}
