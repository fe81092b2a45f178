using System.Runtime.InteropServices;

namespace IlgpuCxr.WeightsImport;

/// <summary>Reads the elements of a tensor, in row-major order, as single precision, a part at a time.</summary>
public sealed class TensorReader
{
    private const int ChunkBytes = 1 << 18;

    private readonly TensorDataType dataType;
    private readonly TensorStorage source;
    private readonly long count;
    private readonly int elementSize;
    private readonly byte[] chunk;

    internal TensorReader(TensorDataType dataType, TensorStorage source, long count)
    {
        (this.dataType, this.source, this.count) = (dataType, source, count);
        elementSize = ElementCodec.BitsPerElement(dataType) / 8;
        chunk = dataType == TensorDataType.Float32 ? [] : new byte[Math.Min(source.Length, ChunkBytes)];
    }

    /// <summary>Fills <paramref name="values"/> with the elements from a place on.</summary>
    /// <param name="first">Index of the first element.</param>
    /// <param name="values">Not longer than the elements from there.</param>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many elements.</exception>
    public void Read(long first, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        // What follows in the file is another tensor's.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(values.Length, count - first, nameof(values));
        for (int start = 0, length; start < values.Length; start += length)
        {
            // A span of bytes ends at 2 GiB, one of floats at four times that.
            length = Math.Min(ChunkBytes / elementSize, values.Length - start);
            Span<float> part = values.Slice(start, length);
            if (dataType == TensorDataType.Float32)
            {
                source.Read((first + start) * elementSize, MemoryMarshal.AsBytes(part));
                continue;
            }
            Span<byte> bytes = chunk.AsSpan(0, length * elementSize);
            source.Read((first + start) * elementSize, bytes);
            ElementCodec.ToFloat32(dataType, bytes, part);
        }
    }
}
