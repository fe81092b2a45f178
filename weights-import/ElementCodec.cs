using System.Runtime.InteropServices;

namespace IlgpuCxr.WeightsImport;

/// <summary>What the bytes of each data type mean.</summary>
internal static class ElementCodec
{
    /// <summary>Bits and not bytes, because the smallest types are packed.</summary>
    public static int BitsPerElement(TensorDataType type) => type switch
    {
        TensorDataType.Float64 or TensorDataType.Int64 or TensorDataType.UInt64 or TensorDataType.Complex64 => 64,
        TensorDataType.Float32 or TensorDataType.Int32 or TensorDataType.UInt32 => 32,
        TensorDataType.Float16 or TensorDataType.BFloat16 or TensorDataType.Int16 or TensorDataType.UInt16 => 16,
        TensorDataType.Float6E2M3 or TensorDataType.Float6E3M2 => 6,
        TensorDataType.Float4 => 4,
        _ => 8,
    };

    /// <summary>True where <see cref="ToFloat32"/> has a meaning: not for packed and complex elements.</summary>
    public static bool IsConvertible(TensorDataType type) =>
        type is not TensorDataType.Complex64 && BitsPerElement(type) >= 8;

    /// <summary>Widens or rounds the elements in <paramref name="bytes"/> to single precision.</summary>
    public static void ToFloat32(TensorDataType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        switch (type)
        {
            case TensorDataType.Float32: bytes.CopyTo(MemoryMarshal.AsBytes(values)); break;
            case TensorDataType.Float64: Convert<double>(bytes, values, x => (float)x); break;
            case TensorDataType.Float16: Convert<Half>(bytes, values, x => (float)x); break;
            case TensorDataType.BFloat16:
                Convert<ushort>(bytes, values, x => BitConverter.UInt32BitsToSingle((uint)x << 16));
                break;
            case TensorDataType.Float8E4M3: Convert<byte>(bytes, values, Float8E4M3); break;
            case TensorDataType.Float8E5M2:
                Convert<byte>(bytes, values, x => (float)BitConverter.UInt16BitsToHalf((ushort)(x << 8)));
                break;
            case TensorDataType.Float8E8M0:
                Convert<byte>(bytes, values, x => x == 0xFF ? float.NaN : MathF.ScaleB(1f, x - 127));
                break;
            case TensorDataType.Int64: Convert<long>(bytes, values, x => x); break;
            case TensorDataType.Int32: Convert<int>(bytes, values, x => x); break;
            case TensorDataType.Int16: Convert<short>(bytes, values, x => x); break;
            case TensorDataType.Int8: Convert<sbyte>(bytes, values, x => x); break;
            case TensorDataType.UInt64: Convert<ulong>(bytes, values, x => x); break;
            case TensorDataType.UInt32: Convert<uint>(bytes, values, x => x); break;
            case TensorDataType.UInt16: Convert<ushort>(bytes, values, x => x); break;
            case TensorDataType.UInt8: Convert<byte>(bytes, values, x => x); break;
            case TensorDataType.Bool: Convert<byte>(bytes, values, x => x == 0 ? 0f : 1f); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "has no single-precision value");
        }
    }

    private static void Convert<T>(ReadOnlySpan<byte> bytes, Span<float> values, Func<T, float> toFloat32)
        where T : unmanaged
    {
        ReadOnlySpan<T> elements = MemoryMarshal.Cast<byte, T>(bytes);
        for (int i = 0; i < values.Length; i++)
            values[i] = toFloat32(elements[i]);
    }

    // With its bits moved to the top of a Half's exponent and mantissa, the value is off by the difference of
    // the two exponent biases only: 2^(15 - 7).
    private static float Float8E4M3(byte x) => (x & 0x7F) == 0x7F
        ? float.NaN
        : 256f * (float)BitConverter.UInt16BitsToHalf((ushort)((x & 0x80) << 8 | (x & 0x7F) << 7));
}
