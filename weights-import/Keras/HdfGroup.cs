namespace IlgpuCxr.WeightsImport;

/// <summary>An object of an HDF5 file: a group with its links, or a dataset; either with attributes.</summary>
internal sealed class HdfObject
{
    private const int HighestTree = 32;

    private readonly HdfInput input;
    private readonly HdfHeader header;

    public HdfObject(HdfInput input, long address) => (this.input, header) = (input, new HdfHeader(input, address));

    public bool IsDataset => header.Has(HdfMessageKind.Layout);

    /// <summary>
    /// The objects in this group, by name, in the file's order. Links by path, also into other files, are left out.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, long>> Links()
    {
        var links = new List<KeyValuePair<string, long>>();
        if (header.Find(HdfMessageKind.SymbolTable) is HdfBytes table)
        {
            long tree = table.Int64();
            AddTree(links, tree, ReadHeap(table.Int64()), HighestTree);
        }
        foreach (HdfBytes link in header.All(HdfMessageKind.Link))
            AddLink(links, link);
        if (header.Find(HdfMessageKind.LinkInfo) is HdfBytes info && IsDense(info, indexBytes: 8))
            throw input.Unsupported(
                "has a group whose links are in a heap, as only files in HDF5's newest format have");
        return links;
    }

    /// <summary>The object behind a path of names, or null.</summary>
    public HdfObject? Find(string path)
    {
        HdfObject? found = this;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            KeyValuePair<string, long> link = found.Links().FirstOrDefault(link => link.Key == name);
            if (link.Key is null)
                return null;
            found = new HdfObject(input, link.Value);
        }
        return found;
    }

    /// <summary>The texts of an attribute, or null where there is no such attribute.</summary>
    public IReadOnlyList<string>? Texts(string name)
    {
        foreach (HdfBytes attribute in header.All(HdfMessageKind.Attribute))
        {
            if (HdfAttribute.TryRead(input, attribute, name, out IReadOnlyList<string> texts))
                return texts;
        }
        return header.Find(HdfMessageKind.AttributeInfo) is HdfBytes info && IsDense(info, indexBytes: 2)
            ? throw input.Unsupported("has attributes in a heap, as only files in HDF5's newest format have")
            : null;
    }

    /// <summary>The dataset as a tensor.</summary>
    public WeightTensor Tensor(string name)
    {
        input.Budget.Take(MemoryBudget.BytesPerTensor);
        string quoted = $"dataset {WeightFormatException.Quote(name)}";
        if (header.Find(HdfMessageKind.Dataspace) is not HdfBytes space
            || header.Find(HdfMessageKind.DataType) is not HdfBytes type
            || header.Find(HdfMessageKind.Layout) is not HdfBytes layout)
        {
            throw input.Malformed($"{quoted} has no shape, type or place");
        }
        if (HdfElement.Read(type).Number is not TensorDataType dataType)
            throw input.Unsupported(
                $"{quoted} holds neither integers nor floating-point numbers in little-endian order");
        if (header.Has(HdfMessageKind.ExternalFiles))
            throw input.Unsupported($"{quoted} is in another file");
        long[] shape = HdfShape.Read(input, space);
        if (!TensorShape.TryCount(shape, dataType, out _, out long bytes))
            throw input.Malformed($"{quoted} has the impossible shape {TensorShape.Format(shape)}");
        return HdfLayout.Read(input, layout, quoted, bytes) is TensorStorage storage
            ? new WeightTensor(name, dataType, shape, storage)
            : throw input.Unsupported($"{quoted} is stored in chunks or compressed");
    }

    // Whether the address behind the flags and the optional count of links or attributes is that of a heap.
    private static bool IsDense(HdfBytes info, int indexBytes)
    {
        info.Skip(1);
        bool counts = (info.Byte() & 1) != 0;
        info.Skip(counts ? indexBytes : 0);
        return info.Int64() != HdfInput.Undefined;
    }

    private HdfBytes ReadHeap(long address)
    {
        HdfBytes heap = input.Read(address, 32, "HEAP"u8);
        heap.Skip(4);
        long length = heap.Int64();
        heap.Skip(8);
        return input.Read(heap.Int64(), length);
    }

    private void AddTree(List<KeyValuePair<string, long>> links, long address, HdfBytes names, int levels)
    {
        HdfBytes node = input.Read(address, 24, "TREE"u8);
        byte kind = node.Byte(), level = node.Byte();
        int count = node.UInt16();

        // Each level is below the one above it, so that a tree that is its own branch ends.
        if (kind != 0 || level >= levels)
            throw input.Malformed("a group's tree is broken");
        HdfBytes children = input.Read(address + 24, 8 + (16L * count));
        for (int i = 0; i < count; i++)
        {
            children.Skip(8);
            if (level == 0)
                AddSymbols(links, children.Int64(), names);
            else
                AddTree(links, children.Int64(), names, level);
        }
    }

    private void AddSymbols(List<KeyValuePair<string, long>> links, long address, HdfBytes names)
    {
        const int EntryBytes = 40, SymbolicLink = 2;
        HdfBytes node = input.Read(address, 8, "SNOD"u8);
        node.Skip(2);
        int count = node.UInt16();
        HdfBytes entries = input.Read(address + 8, (long)count * EntryBytes);
        for (int i = 0; i < count; i++)
        {
            HdfBytes entry = entries.TakePart(EntryBytes);
            HdfBytes name = names.Copy();
            name.Skip(entry.Int64());
            long header = entry.Int64();
            if (entry.UInt32() != SymbolicLink)
                links.Add(new(name.TextToZero(), header));
        }
    }

    private static void AddLink(List<KeyValuePair<string, long>> links, HdfBytes link)
    {
        link.Skip(1);
        byte flags = link.Byte();
        bool isHard = (flags & 8) == 0 || link.Byte() == 0;
        link.Skip((flags & 4) != 0 ? 8 : 0);
        link.Skip((flags & 16) != 0 ? 1 : 0);
        string name = link.Text(link.Number(1 << (flags & 3)));
        if (isHard)
            links.Add(new(name, link.Int64()));
    }
}
