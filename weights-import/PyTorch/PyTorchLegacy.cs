using System.Buffers.Binary;

namespace IlgpuCxr.WeightsImport;

/// <summary>
/// The format before PyTorch 1.6: five pickles (a magic number, the version, the writer's system, the object, the list
/// of storages), then each storage's element count and bytes.
/// </summary>
internal static class PyTorchLegacy
{
    private const long ProtocolVersion = 1001;
    private const long MaximumPickleBytes = 1 << 26;

    /// <summary>The pickled magic number, after the two bytes that name the pickle's protocol.</summary>
    private static ReadOnlySpan<byte> Magic =>
        [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.'];

    public static PyTorchContents Read(InputFile file, MemoryBudget budget)
    {
        var input = new PickleInput(file, 0, Math.Min(file.Length, MaximumPickleBytes));
        if (file.Length < 2 + Magic.Length || !input.ReadBytes(2 + Magic.Length).AsSpan(2).SequenceEqual(Magic))
        {
            throw new WeightFormatException(
                file.Path, "is neither a zip archive nor a legacy file of PyTorch", "check that torch.save made it");
        }

        var objects = new PyTorchObjects(file.Path);
        if (new PickleMachine(input, objects, budget).Load() is not ProtocolVersion)
            throw new WeightFormatException(file.Path, "has an unknown version", "save it with PyTorch 0.2 or later");
        CheckByteOrder(file, new PickleMachine(input, objects, budget).Load());
        object? root = new PickleMachine(input, objects, budget).Load();
        if (new PickleMachine(input, objects, budget).Load() is not List<object?> keys)
            throw Malformed(file);
        return new PyTorchContents(root, FindRegions(file, input.Position, keys, objects.Storages));
    }

    private static void CheckByteOrder(InputFile file, object? system)
    {
        if (system is not PickleDictionary entries)
            throw Malformed(file);
        if (entries.Any(entry => entry is { Key: "little_endian", Value: false }))
        {
            throw new WeightFormatException(
                file.Path, "was written on a big-endian machine", "save it again on a little-endian one");
        }
    }

    private static Dictionary<string, FileRegion> FindRegions(
        InputFile file, long position, List<object?> keys, IReadOnlyDictionary<string, PyTorchStorage> storages)
    {
        const int CountBytes = 8;
        var regions = new Dictionary<string, FileRegion>(StringComparer.Ordinal);
        Span<byte> countBytes = stackalloc byte[CountBytes];
        foreach (object? item in keys)
        {
            if (item is not string key || !storages.TryGetValue(key, out PyTorchStorage? storage))
                throw Malformed(file);
            file.Read(position, countBytes);
            long count = BinaryPrimitives.ReadInt64LittleEndian(countBytes);
            int bits = storage.DataType is TensorDataType type ? ElementCodec.BitsPerElement(type) : 8;
            Int128 length = (Int128)count * (bits / 8);
            position += CountBytes;
            if (count != storage.RootCount || length > file.Length - position)
                throw new WeightFormatException(file.Path, "ends before its data does", "copy or download it again");
            if (!regions.TryAdd(key, new FileRegion(position, (long)length)))
                throw Malformed(file);
            position += (long)length;
        }
        return regions;
    }

    private static WeightFormatException Malformed(InputFile file) =>
        new(file.Path, "has a list of storages that does not fit its tensors", "copy or download it again");
}
