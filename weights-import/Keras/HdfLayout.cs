namespace IlgpuCxr.WeightsImport;

/// <summary>Reads a layout message (specification IV.A.2.i): where in the file a dataset's elements are.</summary>
internal static class HdfLayout
{
    private const byte Compact = 0, Contiguous = 1;

    /// <summary>The dataset's bytes; null where they are in chunks or made up from other datasets.</summary>
    /// <param name="input">The file.</param>
    /// <param name="layout">The message.</param>
    /// <param name="name">The dataset, for messages.</param>
    /// <param name="length">Bytes that its shape and type take.</param>
    public static TensorStorage? Read(HdfInput input, HdfBytes layout, string name, long length)
    {
        byte version = layout.Byte();
        byte kind;
        long address, stored;
        HdfBytes? inHeader = null;
        if (version is 1 or 2)
        {
            byte rank = layout.Byte();
            kind = layout.Byte();
            layout.Skip(5);
            address = kind == Compact ? 0 : layout.Int64();
            layout.Skip(rank * 4L);
            stored = length;
            if (kind == Compact)
                inHeader = layout.TakePart(stored = layout.UInt32());
        }
        else if (version is 3 or 4)
        {
            kind = layout.Byte();
            address = kind == Contiguous ? layout.Int64() : 0;
            stored = kind == Contiguous ? layout.Int64() : 0;
            if (kind == Compact)
                inHeader = layout.TakePart(stored = layout.UInt16());
        }
        else
        {
            throw input.Malformed($"a layout of version {version}");
        }

        if (kind is not (Compact or Contiguous))
            return null;
        if (length == 0)
            return new MemoryStorage<byte>(ReadOnlyMemory<byte>.Empty);
        if (stored < length)
            throw input.Malformed($"{name} needs {length} bytes and has {stored}");
        if (inHeader is not null)
            return new MemoryStorage<byte>(inHeader.Take(length).ToArray());
        if (address == HdfInput.Undefined)
            throw input.Unsupported($"{name} was never written");
        input.RequireWithin(address, length);
        return new FileStorage(input.File, address, length);
    }
}
