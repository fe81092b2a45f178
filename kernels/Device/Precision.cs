using System.Text.Json.Serialization;

namespace IlgpuCxr.Kernels.Device;

/// <summary>
/// How exactly convolutions and linear layers multiply; sums, parameters and all else are single precision, but for
/// what <see cref="Bf16"/> keeps between layers.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>Single precision: 23 bits of mantissa.</summary>
    [JsonStringEnumMemberName("fp32")]
    Fp32,

    /// <summary>
    /// Tensor cores, factors rounded to 10 bits of mantissa: what PyTorch does for convolutions unless told otherwise.
    /// </summary>
    [JsonStringEnumMemberName("tf32")]
    Tf32,

    /// <summary>
    /// Tensor cores, factors rounded to bfloat16, 7 bits of mantissa; and so is what goes from layer to layer
    /// (<see cref="ElementType"/>).
    /// </summary>
    [JsonStringEnumMemberName("bf16")]
    Bf16,
}
