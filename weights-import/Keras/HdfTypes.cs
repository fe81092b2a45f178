namespace IlgpuCxr.WeightsImport;

/// <summary>What the elements of a dataset or an attribute are.</summary>
/// <param name="Number">The kind of number; null where they are none that this library knows.</param>
/// <param name="Text">
/// Whether they are texts: of <paramref name="Size"/> bytes, or references to texts of any length.
/// </param>
/// <param name="VariableLength">Whether they are references to texts in a heap.</param>
/// <param name="Size">Bytes of an element.</param>
internal readonly record struct HdfElement(TensorDataType? Number, bool Text, bool VariableLength, long Size)
{
    private const int FixedPoint = 0, FloatingPoint = 1, FixedText = 3, Variable = 9;

    /// <summary>Reads a datatype message (specification IV.A.2.d).</summary>
    public static HdfElement Read(HdfBytes bytes)
    {
        byte classAndVersion = bytes.Byte();
        byte bits = bytes.Byte();
        bytes.Skip(2);
        long size = bytes.UInt32();
        return (classAndVersion & 0x0F) switch
        {
            FixedPoint => new(Integer(bits, size, bytes), false, false, size),
            FloatingPoint => new(Floating(bits, size, bytes), false, false, size),
            FixedText => new(null, true, false, size),
            Variable when (bits & 0x0F) == 1 => new(null, true, true, size),
            _ => new(null, false, false, size),
        };
    }

    private static TensorDataType? Integer(byte bits, long size, HdfBytes bytes)
    {
        const int BigEndian = 1, Signed = 8;
        bool plain = (bits & BigEndian) == 0 && bytes.UInt16() == 0 && bytes.UInt16() == size * 8;
        return (plain, size, (bits & Signed) != 0) switch
        {
            (true, 8, true) => TensorDataType.Int64,
            (true, 8, false) => TensorDataType.UInt64,
            (true, 4, true) => TensorDataType.Int32,
            (true, 4, false) => TensorDataType.UInt32,
            (true, 2, true) => TensorDataType.Int16,
            (true, 2, false) => TensorDataType.UInt16,
            (true, 1, true) => TensorDataType.Int8,
            (true, 1, false) => TensorDataType.UInt8,
            _ => null,
        };
    }

    private static TensorDataType? Floating(byte bits, long size, HdfBytes bytes)
    {
        const int BigEndian = 0x41;
        if ((bits & BigEndian) != 0 || bytes.UInt16() != 0 || bytes.UInt16() != size * 8)
            return null;
        (byte exponentAt, byte exponentBits, byte mantissaAt, byte mantissaBits) =
            (bytes.Byte(), bytes.Byte(), bytes.Byte(), bytes.Byte());
        return (size, exponentAt, exponentBits, mantissaAt, mantissaBits, bytes.UInt32()) switch
        {
            (8, 52, 11, 0, 52, 1023) => TensorDataType.Float64,
            (4, 23, 8, 0, 23, 127) => TensorDataType.Float32,
            (2, 10, 5, 0, 10, 15) => TensorDataType.Float16,
            (2, 7, 8, 0, 7, 127) => TensorDataType.BFloat16,
            _ => null,
        };
    }
}

/// <summary>
/// Reads a dataspace message (specification IV.A.2.b): the extents, outermost first; none for a scalar.
/// </summary>
internal static class HdfShape
{
    public static long[] Read(HdfInput input, HdfBytes bytes)
    {
        byte version = bytes.Byte(), rank = bytes.Byte();
        bytes.Skip(1);
        switch (version)
        {
            case 1: bytes.Skip(5); break;
            case 2 when bytes.Byte() == 2: return [0]; // "null": no elements
            case 2: break;
            default: throw input.Malformed($"a dataspace of version {version}");
        }
        if (rank > ShapeArithmetic.MaximumRank)
            throw input.Malformed($"a dataset of {rank} axes");
        long[] shape = new long[rank];
        for (int axis = 0; axis < rank; axis++)
            shape[axis] = bytes.Int64();
        return shape;
    }
}
