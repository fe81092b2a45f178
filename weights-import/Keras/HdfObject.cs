namespace IlgpuCxr.WeightsImport;

/// <summary>
/// An object of an HDF5 file: a group with its links, or a dataset; either with attributes. What is read of it is kept,
/// because a group is asked for each of its layers, or each of their weights.
/// </summary>
internal sealed class HdfObject(HdfInput input, long address)
{
    private const int HighestTree = 32;

    // The object, and its place in the table, which grows by doubling.
    private const int BytesPerLink = 192;

    public bool IsDataset => Header.Has(HdfMessageKind.Layout);

    /// <summary>
    /// The objects in this group, by name, in the file's order. Links by path, also into other files, are left out.
    /// </summary>
    public OrderedDictionary<string, HdfObject> Links => field ??= ReadLinks();

    private HdfHeader Header => field ??= new HdfHeader(input, address);

    /// <summary>The object behind a path of names, or null.</summary>
    public HdfObject? Find(string path)
    {
        HdfObject? found = this;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!found.Links.TryGetValue(name, out found))
                return null;
        }
        return found;
    }

    /// <summary>The texts of an attribute, or null where there is no such attribute.</summary>
    public IReadOnlyList<string>? Texts(string name)
    {
        foreach (HdfBytes attribute in Header.All(HdfMessageKind.Attribute))
        {
            if (HdfAttribute.TryRead(input, attribute, name, out IReadOnlyList<string> texts))
                return texts;
        }
        return Header.Find(HdfMessageKind.AttributeInfo) is HdfBytes info && IsDense(info, indexBytes: 2)
            ? throw input.Unsupported("has attributes in a heap, as only files in HDF5's newest format have")
            : null;
    }

    /// <summary>The dataset as a tensor.</summary>
    public WeightTensor Tensor(string name)
    {
        input.Budget.Take(MemoryBudget.BytesPerTensor);
        string quoted = $"dataset {WeightFormatException.Quote(name)}";
        if (Header.Find(HdfMessageKind.Dataspace) is not HdfBytes space
            || Header.Find(HdfMessageKind.DataType) is not HdfBytes type
            || Header.Find(HdfMessageKind.Layout) is not HdfBytes layout)
        {
            throw input.Malformed($"{quoted} has no shape, type or place");
        }
        if (HdfElement.Read(type).Number is not TensorDataType dataType)
            throw input.Unsupported(
                $"{quoted} holds neither integers nor floating-point numbers in little-endian order");
        if (Header.Has(HdfMessageKind.ExternalFiles))
            throw input.Unsupported($"{quoted} is in another file");
        long[] shape = HdfShape.Read(input, space);
        if (!ShapeArithmetic.TryCount(shape, dataType, out _, out long bytes))
            throw input.Malformed($"{quoted} has the impossible shape {ShapeArithmetic.Format(shape)}");
        return HdfLayout.Read(input, layout, quoted, bytes) is TensorStorage storage
            ? new WeightTensor(name, dataType, shape, storage)
            : throw input.Unsupported($"{quoted} is stored in chunks or compressed");
    }

    private OrderedDictionary<string, HdfObject> ReadLinks()
    {
        var links = new OrderedDictionary<string, HdfObject>(StringComparer.Ordinal);
        if (Header.Find(HdfMessageKind.SymbolTable) is HdfBytes table)
        {
            long tree = table.Int64();
            AddTree(links, tree, ReadHeap(table.Int64()), HighestTree);
        }
        foreach (HdfBytes link in Header.All(HdfMessageKind.Link))
            AddLink(links, link);
        if (Header.Find(HdfMessageKind.LinkInfo) is HdfBytes info && IsDense(info, indexBytes: 8))
            throw input.Unsupported(
                "has a group whose links are in a heap, as only files in HDF5's newest format have");
        return links;
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

    private void AddTree(OrderedDictionary<string, HdfObject> links, long address, HdfBytes names, int levels)
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

    private void AddSymbols(OrderedDictionary<string, HdfObject> links, long address, HdfBytes names)
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
            long target = entry.Int64();
            if (entry.UInt32() != SymbolicLink)
                Add(links, name.TextToZero(), target);
        }
    }

    private void AddLink(OrderedDictionary<string, HdfObject> links, HdfBytes link)
    {
        link.Skip(1);
        byte flags = link.Byte();
        bool isHard = (flags & 8) == 0 || link.Byte() == 0;
        link.Skip((flags & 4) != 0 ? 8 : 0);
        link.Skip((flags & 16) != 0 ? 1 : 0);
        string name = link.Text(link.Number(1 << (flags & 3)));
        if (isHard)
            Add(links, name, link.Int64());
    }

    private void Add(OrderedDictionary<string, HdfObject> links, string name, long target)
    {
        input.Budget.Take(BytesPerLink);
        if (!links.TryAdd(name, new HdfObject(input, target)))
            throw input.Malformed($"{WeightFormatException.Quote(name)} is there twice");
    }
}
