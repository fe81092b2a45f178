namespace IlgpuCxr.WeightsImport;

/// <summary>Reads an attribute message (specification IV.A.2.m) whose elements are texts.</summary>
internal static class HdfAttribute
{
    private const int MaximumTexts = 1 << 16;

    public static bool TryRead(HdfInput input, HdfBytes bytes, string name, out IReadOnlyList<string> texts)
    {
        byte version = bytes.Byte(), flags = bytes.Byte();
        int nameBytes = bytes.UInt16(), typeBytes = bytes.UInt16(), spaceBytes = bytes.UInt16();
        bytes.Skip(version == 3 ? 1 : 0);
        texts = [];
        if (bytes.Text(nameBytes) != name)
            return false;
        if (version is < 1 or > 3)
            throw input.Malformed($"an attribute of version {version}");
        if (version > 1 && (flags & 3) != 0)
            throw input.Unsupported($"has an attribute {name} of a type that several objects share");

        // The first version keeps each part at a multiple of 8 bytes.
        bytes.Skip(version == 1 ? Padding(nameBytes) : 0);
        HdfElement element = HdfElement.Read(bytes.TakePart(typeBytes));
        bytes.Skip(version == 1 ? Padding(typeBytes) : 0);
        long[] shape = HdfShape.Read(input, bytes.TakePart(spaceBytes));
        bytes.Skip(version == 1 ? Padding(spaceBytes) : 0);
        if (!TensorShape.TryCount(shape, TensorDataType.UInt8, out long count, out _) || count > MaximumTexts)
            throw input.Malformed($"an attribute {name} of the shape {TensorShape.Format(shape)}");
        if (!element.Text)
            throw input.Unsupported($"has an attribute {name} that is no text");
        string[] read = new string[count];
        for (int i = 0; i < read.Length; i++)
            read[i] = element.VariableLength ? ReadVariable(input, bytes) : bytes.Text(element.Size).TrimEnd(' ');
        texts = read;
        return true;
    }

    private static int Padding(int bytes) => -bytes & 7;

    // The text's length, the heap that it is in, and its number there.
    private static string ReadVariable(HdfInput input, HdfBytes bytes)
    {
        long length = bytes.UInt32(), address = bytes.Int64(), wanted = bytes.UInt32();
        if (length == 0)
            return "";
        const int HeadBytes = 16;
        HdfBytes head = input.Read(address, HeadBytes, "GCOL"u8);
        head.Skip(4);
        long end = address + head.Int64();
        for (long at = address + HeadBytes; at <= end - HeadBytes;)
        {
            HdfBytes item = input.Read(at, HeadBytes);
            ushort index = item.UInt16();
            item.Skip(6);
            long size = item.Int64();
            if (index == wanted && size >= length)
                return input.Read(at + HeadBytes, length).Text(length);
            if (index == 0 || size < 0 || size > end - at - HeadBytes)
                break;
            at += HeadBytes + ((size + 7) & ~7L);
        }
        throw input.Malformed($"no text {wanted} in the heap at byte {address}");
    }
}
