namespace IlgpuCxr.WeightsImport;

/// <summary>A named tensor of a weight file; its elements are read from the file when they are asked for.</summary>
public sealed class WeightTensor
{
    private const int ChunkBytes = 1 << 18;

    private readonly TensorStorage storage;
    private readonly long[]? strides;
    private readonly IReadOnlyList<long> viewShape;

    /// <summary>A tensor of single-precision values in memory, in row-major order. The values are not copied.</summary>
    public WeightTensor(string name, IReadOnlyList<long> shape, ReadOnlyMemory<float> values)
        : this(name, TensorDataType.Float32, shape, new MemoryStorage<float>(values))
    {
    }

    /// <summary>
    /// A tensor of single-precision values that are asked for when they are read, some rows at a time.
    /// </summary>
    /// <param name="name">The parameter's name.</param>
    /// <param name="shape">At least one axis, none of them empty.</param>
    /// <param name="values">Gives the elements of rows along the outermost axis.</param>
    public WeightTensor(string name, IReadOnlyList<long> shape, TensorRows values)
        : this(
            name, TensorDataType.Float32, shape,
            new ComputedStorage(
                name, shape[0], shape.Skip(1).Aggregate(1L, (product, extent) => product * extent), values))
    {
    }

    /// <summary>A tensor of elements given as bytes, in row-major order, little-endian. They are not copied.</summary>
    public WeightTensor(string name, TensorDataType dataType, IReadOnlyList<long> shape, ReadOnlyMemory<byte> data)
        : this(name, dataType, shape, new MemoryStorage<byte>(data))
    {
    }

    /// <summary>
    /// A view of a storage: of all of it, or, with strides in elements, of parts of it. The strides are of
    /// <paramref name="viewShape"/> where that differs from the shape that the elements are told to have.
    /// </summary>
    internal WeightTensor(
        string name,
        TensorDataType dataType,
        IReadOnlyList<long> shape,
        TensorStorage storage,
        long[]? strides = null,
        IReadOnlyList<long>? viewShape = null)
    {
        if (!ShapeArithmetic.TryCount(shape, dataType, out long elements, out long bytes)
            || (strides is null && bytes != storage.Length))
        {
            throw new ArgumentException(
                $"{storage.Length} bytes are not a {dataType} tensor of shape {ShapeArithmetic.Format(shape)}");
        }

        (Name, DataType, Shape, this.storage, this.strides, this.viewShape) =
            (name, dataType, shape, storage, strides, viewShape ?? shape);
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

    /// <summary>Whether the elements can be read as single precision: they are neither packed nor complex.</summary>
    public bool IsConvertible => ElementCodec.IsConvertible(DataType);

    /// <summary>Whether the elements are whole numbers or truth values.</summary>
    public bool IsInteger =>
        DataType is TensorDataType.Int64 or TensorDataType.Int32 or TensorDataType.Int16 or TensorDataType.Int8
        or TensorDataType.UInt64 or TensorDataType.UInt32 or TensorDataType.UInt16 or TensorDataType.UInt8
            or TensorDataType.Bool;

    /// <summary>Reads every element, in row-major order, as single precision.</summary>
    /// <exception cref="WeightFormatException">The file is unreadable, or holds complex or packed elements.</exception>
    public float[] ToFloat32()
    {
        if (ElementCount > Array.MaxLength)
        {
            throw new WeightFormatException(
                storage.Source, $"tensor {WeightFormatException.Quote(Name)} has more elements than an array can",
                "split it first");
        }

        TensorReader reader = OpenReader();
        float[] values = GC.AllocateUninitializedArray<float>((int)ElementCount);
        reader.Read(0, values);
        return values;
    }

    /// <summary>What reads the elements part by part, for tensors that need not be in memory whole.</summary>
    /// <exception cref="WeightFormatException">The file holds complex or packed elements.</exception>
    public TensorReader OpenReader() => IsConvertible
        ? new TensorReader(DataType, InRowMajorOrder(), ElementCount)
        : throw HasOtherElements();

    /// <summary>Writes every element, in row-major order, little-endian.</summary>
    /// <param name="destination">Where to write.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public void CopyTo(Stream destination, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        TensorStorage source = InRowMajorOrder();
        byte[] buffer = new byte[Math.Min(ByteLength, ChunkBytes)];
        for (long start = 0; start < ByteLength; start += ChunkBytes)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(ChunkBytes, ByteLength - start));
            source.Read(start, bytes);
            destination.Write(bytes);
        }
    }

    /// <summary>The same elements under another name.</summary>
    public WeightTensor Rename(string name) => new(name, DataType, Shape, storage, strides, viewShape);

    /// <summary>
    /// The tensor with its axes in another order and, where a shape is given, then some of them joined; nothing is read
    /// yet.
    /// </summary>
    /// <param name="name">The new name.</param>
    /// <param name="split">The shape to see the elements in first, in their present order.</param>
    /// <param name="axes">For each axis of the result, which of those it is.</param>
    /// <param name="shape">The shape of the result, of as many elements.</param>
    /// <exception cref="WeightFormatException">The elements are packed: none can be moved by itself.</exception>
    internal WeightTensor Permute(
        string name, IReadOnlyList<long> split, IReadOnlyList<int> axes, IReadOnlyList<long> shape)
    {
        if (strides is not null)
            throw new InvalidOperationException($"{Name} is a view already");
        if (ElementCodec.BitsPerElement(DataType) < 8)
            throw HasOtherElements();
        if (ElementCount == 0)
            return new WeightTensor(name, DataType, shape, storage);
        long[] from = StridedStorage.RowMajorStrides(split);
        return new WeightTensor(
            name, DataType, shape, storage, [.. axes.Select(axis => from[axis])],
            [.. axes.Select(axis => split[axis])]);
    }

    private WeightFormatException HasOtherElements() => new(
        storage.Source, $"tensor {WeightFormatException.Quote(Name)} holds {DataType} elements",
        "save it as float32 first");

    private TensorStorage InRowMajorOrder() => strides is null
        ? storage
        : new StridedStorage(storage, Name, viewShape, strides, ElementCodec.BitsPerElement(DataType) / 8);
}
