namespace IlgpuCxr.WeightsImport;

/// <summary>Elements in the file; tensors are views of the part of it from <paramref name="Start"/> on.</summary>
internal sealed record PyTorchStorage(string Key, TensorDataType? DataType, long RootCount, long Start, long Count);

/// <summary>A view of a storage; offset and strides count elements.</summary>
internal sealed record PyTorchTensor(
    PyTorchStorage Storage, TensorDataType DataType, long Offset, long[] Shape, long[] Strides);

/// <summary>
/// The Python objects that a pickle may name, and what stands for them here. The list is short on purpose: whatever
/// is not needed to describe tensors is refused by name.
/// </summary>
internal sealed class PyTorchObjects(string path)
{
    private const string Remedy = "copy or download it again";

    private static readonly Dictionary<string, TensorDataType> DataTypesByStorageClass = new(StringComparer.Ordinal)
    {
        ["DoubleStorage"] = TensorDataType.Float64,
        ["FloatStorage"] = TensorDataType.Float32,
        ["HalfStorage"] = TensorDataType.Float16,
        ["BFloat16Storage"] = TensorDataType.BFloat16,
        ["ComplexFloatStorage"] = TensorDataType.Complex64,
        ["LongStorage"] = TensorDataType.Int64,
        ["IntStorage"] = TensorDataType.Int32,
        ["ShortStorage"] = TensorDataType.Int16,
        ["CharStorage"] = TensorDataType.Int8,
        ["ByteStorage"] = TensorDataType.UInt8,
        ["BoolStorage"] = TensorDataType.Bool,
    };

    // Named where a storage has no class of its own; the others say their type by that class.
    private static readonly Dictionary<string, TensorDataType> DataTypesByName = new(StringComparer.Ordinal)
    {
        ["uint64"] = TensorDataType.UInt64,
        ["uint32"] = TensorDataType.UInt32,
        ["uint16"] = TensorDataType.UInt16,
        ["float8_e4m3fn"] = TensorDataType.Float8E4M3,
        ["float8_e5m2"] = TensorDataType.Float8E5M2,
        ["float8_e8m0fnu"] = TensorDataType.Float8E8M0,
    };

    private readonly Dictionary<string, PyTorchStorage> storages = new(StringComparer.Ordinal);

    private enum Callable
    {
        OrderedDict,
        RebuildTensor,
        RebuildTensorOfDataType,
        Parameter,
        Size,
    }

    /// <summary>The storages that the pickle named, by key, each with its whole extent.</summary>
    public IReadOnlyDictionary<string, PyTorchStorage> Storages => storages;

    /// <summary>The class of storages of a data type; null for types that PyTorch keeps in untyped storages.</summary>
    public static string? StorageClassOf(TensorDataType type) =>
        DataTypesByStorageClass.FirstOrDefault(pair => pair.Value == type).Key;

    /// <summary>What stands for a Python global; all but the known ones are refused.</summary>
    public object Find(string module, string name)
    {
        switch (module, name)
        {
            case ("collections", "OrderedDict"): return Callable.OrderedDict;
            case ("torch._utils", "_rebuild_tensor" or "_rebuild_tensor_v2"): return Callable.RebuildTensor;
            case ("torch._utils", "_rebuild_tensor_v3"): return Callable.RebuildTensorOfDataType;
            case ("torch._utils", "_rebuild_parameter"): return Callable.Parameter;
            case ("torch.nn.parameter", "Parameter"): return Callable.Parameter;
            case ("torch", "Size"): return Callable.Size;
            case ("torch" or "torch.storage", "UntypedStorage"): return new StorageClass(null);
            case ("torch" or "torch.cuda", _) when DataTypesByStorageClass.TryGetValue(name, out TensorDataType type):
                return new StorageClass(type);
            case ("torch", _) when DataTypesByName.TryGetValue(name, out TensorDataType type):
                return type;
            default:
                throw new WeightFormatException(
                    path,
                    $"contains {WeightFormatException.Clean($"{module}.{name}")}, which is not tensor data",
                    "save the model's state_dict() alone");
        }
    }

    /// <summary>What a call of a global gives.</summary>
    public object? Call(object? callable, object?[] arguments) => (callable, arguments) switch
    {
        (Callable.OrderedDict, []) => new PickleDictionary(),
        (Callable.OrderedDict, [List<object?> pairs]) => DictionaryOf(pairs),
        (Callable.RebuildTensor, [PyTorchStorage { DataType: TensorDataType type } storage, long offset,
            object?[] shape, object?[] strides, ..]) => Tensor(storage, type, offset, shape, strides),
        (Callable.RebuildTensorOfDataType, [PyTorchStorage storage, long offset,
            object?[] shape, object?[] strides, _, _, TensorDataType type, ..]) =>
            Tensor(storage, type, offset, shape, strides),
        (Callable.Parameter, [PyTorchTensor tensor, ..]) => tensor,
        (Callable.Size, [object?[] extents]) => extents,
        _ => throw Malformed("a call that makes no tensor"),
    };

    /// <summary>What stands for a storage that the pickle names by its key in the file.</summary>
    public PyTorchStorage LoadStorage(object?[] id)
    {
        if (id is not ["storage", StorageClass { DataType: var type }, string key, _, long count, .. var view])
            throw Malformed("a reference that is no storage");

        PyTorchStorage root = new(key, type, count, 0, count);
        if (count < 0 || (!storages.TryAdd(key, root) && storages[key] != root))
            throw Malformed("two descriptions of one storage");

        // The legacy format has storages that are parts of another: (key, start, count) in that one's elements.
        if (view is not [object?[] part])
            return root;
        return part is [_, long start, long length] && start >= 0 && length >= 0 && start <= count - length
            ? new PyTorchStorage(key, type, count, start, length)
            : throw Malformed("a storage that is no part of its own");
    }

    private PyTorchTensor Tensor(
        PyTorchStorage storage, TensorDataType type, long offset, object?[] shape, object?[] strides)
    {
        if (shape.Length != strides.Length || shape.Length > ShapeArithmetic.MaximumRank)
            throw Malformed("a tensor whose shape and strides differ in number");
        return new PyTorchTensor(storage, type, offset, Numbers(shape), Numbers(strides));
    }

    private long[] Numbers(object?[] values) =>
        [.. values.Select(value => value is long number ? number : throw Malformed("an extent that is no number"))];

    // How Python 2 stored an OrderedDict.
    private PickleDictionary DictionaryOf(List<object?> pairs)
    {
        var dictionary = new PickleDictionary();
        foreach (object? pair in pairs)
        {
            dictionary.Add(pair is List<object?> and [var key, var value]
                ? new(key, value)
                : throw Malformed("a dictionary of something other than pairs"));
        }
        return dictionary;
    }

    private WeightFormatException Malformed(string what) =>
        new(path, $"describes {what}, as PyTorch does not", Remedy);

    private sealed record StorageClass(TensorDataType? DataType);
}
