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
        if (!ShapeArithmetic.TryCount(shape, TensorDataType.UInt8, out long count, out _) || count > MaximumTexts)
            throw input.Malformed($"an attribute {name} of the shape {ShapeArithmetic.Format(shape)}");
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
        long length = bytes.UInt32(), address = bytes.Int64();
        uint number = bytes.UInt32();
        return length == 0 ? "" : input.Heaps.Text(address, number, length);
    }
}
