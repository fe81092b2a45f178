namespace IlgpuCxr.WeightsImport;

/// <summary>A named tensor of a weight file; its elements are read from the file when they are asked for.</summary>
public sealed class WeightTensor
{
    private const int ChunkBytes = 1 << 18;

    private readonly TensorStorage storage;
    private readonly long[]? strides;

    /// <summary>A tensor of single-precision values in memory, in row-major order. The values are not copied.</summary>
    public WeightTensor(string name, IReadOnlyList<long> shape, ReadOnlyMemory<float> values)
        : this(name, TensorDataType.Float32, shape, new MemoryStorage<float>(values))
    {
    }

    /// <summary>A tensor of elements given as bytes, in row-major order, little-endian. They are not copied.</summary>
    public WeightTensor(string name, TensorDataType dataType, IReadOnlyList<long> shape, ReadOnlyMemory<byte> data)
        : this(name, dataType, shape, new MemoryStorage<byte>(data))
    {
    }

    /// <summary>A view of a storage: of all of it, or, with strides in elements, of parts of it.</summary>
    internal WeightTensor(
        string name,
        TensorDataType dataType,
        IReadOnlyList<long> shape,
        TensorStorage storage,
        long[]? strides = null)
    {
        if (!TensorShape.TryCount(shape, dataType, out long elements, out long bytes)
            || (strides is null && bytes != storage.Length))
        {
            throw new ArgumentException(
                $"{storage.Length} bytes are not a {dataType} tensor of shape {TensorShape.Format(shape)}");
        }

        (Name, DataType, Shape, this.storage, this.strides) = (name, dataType, shape, storage, strides);
        (ElementCount, ByteLength) = (elements, bytes);
    }

    /// <summary>The parameter's name, such as <c>layer1.0.conv1.weight</c>.</summary>
    public string Name { get; }

    /// <summary>How the elements are stored.</summary>
    public TensorDataType DataType { get; }

    /// <summary>The extents, outermost first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The product of <see cref="Shape"/>.</summary>
    public long ElementCount { get; }

    /// <summary>The bytes that <see cref="CopyTo"/> writes.</summary>
    public long ByteLength { get; }

    /// <summary>Reads every element, in row-major order, as single precision.</summary>
    /// <exception cref="WeightFormatException">The file is unreadable, or holds complex or packed elements.</exception>
    public float[] ToFloat32()
    {
        if (!ElementCodec.IsConvertible(DataType))
        {
            throw new WeightFormatException(
                storage.Source, $"tensor {WeightFormatException.Quote(Name)} holds {DataType} elements",
                "save it as float32 first");
        }
        if (ElementCount > Array.MaxLength)
        {
            throw new WeightFormatException(
                storage.Source, $"tensor {WeightFormatException.Quote(Name)} has more elements than an array can",
                "split it first");
        }

        TensorStorage source = InRowMajorOrder();
        float[] values = GC.AllocateUninitializedArray<float>((int)ElementCount);
        int elementSize = ElementCodec.BitsPerElement(DataType) / 8;
        int chunk = ChunkBytes / elementSize;
        byte[] buffer = new byte[Math.Min(ByteLength, ChunkBytes)];
        for (int start = 0; start < values.Length; start += chunk)
        {
            Span<float> part = values.AsSpan(start, Math.Min(chunk, values.Length - start));
            Span<byte> bytes = buffer.AsSpan(0, part.Length * elementSize);
            source.Read((long)start * elementSize, bytes);
            ElementCodec.ToFloat32(DataType, bytes, part);
        }
        return values;
    }

    /// <summary>Writes every element, in row-major order, little-endian.</summary>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    public void CopyTo(Stream destination)
    {
        TensorStorage source = InRowMajorOrder();
        byte[] buffer = new byte[Math.Min(ByteLength, ChunkBytes)];
        for (long start = 0; start < ByteLength; start += ChunkBytes)
        {
            Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(ChunkBytes, ByteLength - start));
            source.Read(start, bytes);
            destination.Write(bytes);
        }
    }

    private TensorStorage InRowMajorOrder() => strides is null
        ? storage
        : StridedCopy.Gather(storage, Name, Shape, strides, ElementCodec.BitsPerElement(DataType) / 8);
}
