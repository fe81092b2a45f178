namespace IlgpuCxr.WeightsImport;

/// <summary>How one element of a stored tensor is encoded. All are little-endian.</summary>
public enum TensorDataType
{
    /// <summary>IEEE 754, 64 bits.</summary>
    Float64,

    /// <summary>IEEE 754, 32 bits.</summary>
    Float32,

    /// <summary>IEEE 754, 16 bits.</summary>
    Float16,

    /// <summary>The upper half of a <see cref="Float32"/>.</summary>
    BFloat16,

    /// <summary>8 bits: sign, 4 of exponent, 3 of mantissa; NaN but no infinity (E4M3FN).</summary>
    Float8E4M3,

    /// <summary>8 bits: the upper half of a <see cref="Float16"/>.</summary>
    Float8E5M2,

    /// <summary>8 bits of exponent and nothing else: a power of two, used as a scale.</summary>
    Float8E8M0,

    /// <summary>6 bits, packed: sign, 2 of exponent, 3 of mantissa.</summary>
    Float6E2M3,

    /// <summary>6 bits, packed: sign, 3 of exponent, 2 of mantissa.</summary>
    Float6E3M2,

    /// <summary>4 bits, two in a byte: sign, 2 of exponent, 1 of mantissa.</summary>
    Float4,

    /// <summary>Two <see cref="Float32"/>: real part, imaginary part.</summary>
    Complex64,

    /// <summary>Signed, 64 bits.</summary>
    Int64,

    /// <summary>Signed, 32 bits.</summary>
    Int32,

    /// <summary>Signed, 16 bits.</summary>
    Int16,

    /// <summary>Signed, 8 bits.</summary>
    Int8,

    /// <summary>Unsigned, 64 bits.</summary>
    UInt64,

    /// <summary>Unsigned, 32 bits.</summary>
    UInt32,

    /// <summary>Unsigned, 16 bits.</summary>
    UInt16,

    /// <summary>Unsigned, 8 bits.</summary>
    UInt8,

    /// <summary>One byte: 0 is false, anything else is true.</summary>
    Bool,
}
