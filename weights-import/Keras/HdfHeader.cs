namespace IlgpuCxr.WeightsImport;

/// <summary>The kinds of messages in an object's header that matter for weights.</summary>
internal enum HdfMessageKind
{
    Dataspace = 0x01,
    LinkInfo = 0x02,
    DataType = 0x03,
    Link = 0x06,
    ExternalFiles = 0x07,
    Layout = 0x08,
    Attribute = 0x0C,
    Continuation = 0x10,
    SymbolTable = 0x11,
    AttributeInfo = 0x15,
}

/// <summary>
/// The messages of an object's header: a group's links, a dataset's shape and place, the attributes of either.
/// </summary>
/// <remarks>HDF5 File Format Specification 3.0, section IV.A; versions 1 and 2.</remarks>
internal sealed class HdfHeader
{
    private const byte SharedFlag = 2;

    private readonly HdfInput input;
    private readonly List<(HdfMessageKind Kind, byte Flags, HdfBytes Bytes)> messages = [];
    private readonly Queue<(long Address, long Length)> blocks = [];

    public HdfHeader(HdfInput input, long address)
    {
        this.input = input;
        if (input.Read(address, 1).Byte() == 1)
            ReadVersion1(address);
        else
            ReadVersion2(address);
    }

    public bool Has(HdfMessageKind kind) => messages.Exists(message => message.Kind == kind);

    /// <summary>The bytes of each message of a kind.</summary>
    public IEnumerable<HdfBytes> All(HdfMessageKind kind)
    {
        foreach ((HdfMessageKind found, byte flags, HdfBytes bytes) in messages)
        {
            if (found != kind)
                continue;
            if ((flags & SharedFlag) != 0)
                throw input.Unsupported($"has a {kind} that several objects share");

            // A copy, because each reader of a message begins at its first byte.
            yield return bytes.Copy();
        }
    }

    /// <summary>The bytes of the one message of a kind, or null.</summary>
    public HdfBytes? Find(HdfMessageKind kind) => All(kind).FirstOrDefault();

    private void ReadVersion1(long address)
    {
        const int PrefixBytes = 16;
        HdfBytes prefix = input.Read(address, PrefixBytes);
        prefix.Skip(2);
        int count = prefix.UInt16();
        prefix.Skip(4);
        blocks.Enqueue((address + PrefixBytes, prefix.UInt32()));
        while (blocks.TryDequeue(out (long Address, long Length) block))
        {
            HdfBytes bytes = input.Read(block.Address, block.Length);
            while (bytes.Left >= 8 && count-- > 0)
            {
                var kind = (HdfMessageKind)bytes.UInt16();
                int length = bytes.UInt16();
                byte flags = bytes.Byte();
                bytes.Skip(3);
                Add(kind, flags, bytes.TakePart(length));
            }
        }
    }

    private void ReadVersion2(long address)
    {
        const int ChecksumBytes = 4;
        HdfBytes prefix = input.Read(address, 6, "OHDR"u8);
        byte version = prefix.Byte(), flags = prefix.Byte();
        if (version != 2)
            throw input.Malformed($"an object header of version {version}");
        int more = ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0);
        int sizeBytes = 1 << (flags & 3);
        HdfBytes rest = input.Read(address + 6, more + sizeBytes);
        rest.Skip(more);
        blocks.Enqueue((address + 6 + more + sizeBytes, rest.Number(sizeBytes)));
        bool first = true;
        while (blocks.TryDequeue(out (long Address, long Length) block))
        {
            // Further blocks count their signature and checksum in their length, the first one does not.
            HdfBytes bytes = first
                ? input.Read(block.Address, block.Length)
                : input.Read(block.Address, block.Length, "OCHK"u8);
            int after = first ? 0 : ChecksumBytes;
            int headerBytes = (flags & 4) != 0 ? 6 : 4;
            while (bytes.Left - after >= headerBytes)
            {
                var kind = (HdfMessageKind)bytes.Byte();
                int length = bytes.UInt16();
                byte messageFlags = bytes.Byte();
                bytes.Skip(headerBytes - 4);
                Add(kind, messageFlags, bytes.TakePart(length));
            }
            first = false;
        }
    }

    private void Add(HdfMessageKind kind, byte flags, HdfBytes bytes)
    {
        input.Budget.Take(128);
        if (kind == HdfMessageKind.Continuation)
            blocks.Enqueue((bytes.Int64(), bytes.Int64()));
        else
            messages.Add((kind, flags, bytes));
    }
}
