using System.Buffers.Binary;
using System.Text;

namespace IlgpuCxr.WeightsImport;

/// <summary>Where in a zip archive the bytes of each entry are.</summary>
/// <remarks>
/// System.IO.Compression does not tell, and only hands out streams. Entries must be stored as they are, as PyTorch
/// does, so that nothing is ever inflated; their names are looked up and never used as paths.
/// </remarks>
internal static class ZipDirectory
{
    private const uint LocalSignature = 0x04034B50;
    private const uint CentralSignature = 0x02014B50;
    private const uint EndSignature = 0x06054B50;
    private const uint End64Signature = 0x06064B50;
    private const uint Locator64Signature = 0x07064B50;
    private const int LocalBytes = 30, CentralBytes = 46, EndBytes = 22, End64Bytes = 56, Locator64Bytes = 20;
    private const int LongestComment = ushort.MaxValue;
    private const int MaximumDirectoryBytes = 1 << 24;

    // Its header, and its places in tables.
    private const int BytesPerEntry = 512;

    private const ushort Extra64 = 1;
    private const ushort EncryptedFlag = 1;
    private const uint In64 = uint.MaxValue;

    public static Dictionary<string, FileRegion> Read(InputFile file, MemoryBudget budget)
    {
        FileRegion directory = FindDirectory(file);
        budget.Take(directory.Length);
        byte[] bytes = ReadAt(file, directory.Start, directory.Length);
        var entries = new Dictionary<string, FileRegion>(StringComparer.Ordinal);
        ReadOnlySpan<byte> rest = bytes;
        while (!rest.IsEmpty)
        {
            if (rest.Length < CentralBytes || UInt32(rest, 0) != CentralSignature)
                throw Malformed(file);
            int nameLength = UInt16(rest, 28), extraLength = UInt16(rest, 30), commentLength = UInt16(rest, 32);
            int length = CentralBytes + nameLength + extraLength + commentLength;
            if (rest.Length < length)
                throw Malformed(file);
            budget.Take(BytesPerEntry + (4L * nameLength));
            string name = Encoding.UTF8.GetString(rest.Slice(CentralBytes, nameLength));
            FileRegion region = FindEntry(file, directory.Start, name, rest[..length]);
            if (!entries.TryAdd(name, region))
                throw Malformed(file);
            rest = rest[length..];
        }
        CheckOverlaps(file, entries.Values);
        return entries;
    }

    private static FileRegion FindDirectory(InputFile file)
    {
        long tailStart = Math.Max(0, file.Length - EndBytes - LongestComment);
        byte[] tail = ReadAt(file, tailStart, file.Length - tailStart);
        int end = tail.Length - EndBytes;
        while (end >= 0 && !IsEnd(tail.AsSpan(end)))
            end--;
        if (end < 0)
        {
            throw new WeightFormatException(
                file.Path, "is a zip archive without its end", "copy or download it again");
        }

        long limit = tailStart + end;
        long length = UInt32(tail, end + 12), start = UInt32(tail, end + 16);
        if (start == In64 || length == In64 || UInt16(tail, end + 10) == ushort.MaxValue)
        {
            byte[] locator = ReadAt(file, limit - Locator64Bytes, Locator64Bytes);
            limit = Int64(locator, 8);
            byte[] end64 = ReadAt(file, limit, End64Bytes);
            if (UInt32(locator, 0) != Locator64Signature || UInt32(end64, 0) != End64Signature)
                throw Malformed(file);
            (length, start) = (Int64(end64, 40), Int64(end64, 48));
        }
        if (length < 0 || start < 0 || length > MaximumDirectoryBytes || start > limit - length)
            throw Malformed(file);
        return new FileRegion(start, length);
    }

    // The signature alone could also be a part of the comment, which reaches to the end of the file.
    private static bool IsEnd(ReadOnlySpan<byte> bytes) =>
        UInt32(bytes, 0) == EndSignature && EndBytes + UInt16(bytes, 20) == bytes.Length;

    private static FileRegion FindEntry(InputFile file, long limit, string name, ReadOnlySpan<byte> central)
    {
        long packed = UInt32(central, 20), length = UInt32(central, 24), start = UInt32(central, 42);
        int extraLength = UInt16(central, 30);
        ReadOnlySpan<byte> extra = Extra64Of(file, central.Slice(CentralBytes + UInt16(central, 28), extraLength));
        TakeFrom64(file, ref length, ref extra);
        TakeFrom64(file, ref packed, ref extra);
        TakeFrom64(file, ref start, ref extra);
        if (UInt16(central, 10) != 0 || packed != length || (UInt16(central, 8) & EncryptedFlag) != 0)
        {
            throw new WeightFormatException(
                file.Path,
                $"has the compressed or encrypted entry {WeightFormatException.Quote(name)}, as torch.save writes none",
                "save it again with torch.save");
        }

        byte[] local = ReadAt(file, start, LocalBytes);
        if (UInt32(local, 0) != LocalSignature)
            throw Malformed(file);
        long data = start + LocalBytes + UInt16(local, 26) + UInt16(local, 28);
        return length >= 0 && data <= limit - length ? new FileRegion(data, length) : throw Malformed(file);
    }

    // A field that does not fit in 32 bits is all ones, and its value is the next 64 bits of an extra field.
    private static void TakeFrom64(InputFile file, ref long value, ref ReadOnlySpan<byte> extra)
    {
        if (value != In64)
            return;
        if (extra.Length < sizeof(long))
            throw Malformed(file);
        value = Int64(extra, 0);
        extra = extra[sizeof(long)..];
    }

    private static ReadOnlySpan<byte> Extra64Of(InputFile file, ReadOnlySpan<byte> extra)
    {
        const int Header = 4;
        while (extra.Length >= Header)
        {
            int length = UInt16(extra, 2);
            if (extra.Length < Header + length)
                throw Malformed(file);
            if (UInt16(extra, 0) == Extra64)
                return extra.Slice(Header, length);
            extra = extra[(Header + length)..];
        }
        return [];
    }

    private static void CheckOverlaps(InputFile file, IEnumerable<FileRegion> regions)
    {
        long end = 0;
        foreach (FileRegion region in regions.OrderBy(r => r.Start).ThenBy(r => r.Length))
        {
            if (region.Start < end)
                throw Malformed(file);
            end = region.Start + region.Length;
        }
    }

    private static byte[] ReadAt(InputFile file, long start, long length)
    {
        if (start < 0 || start > file.Length - length)
            throw Malformed(file);
        byte[] bytes = new byte[length];
        file.Read(start, bytes);
        return bytes;
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Int64(ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private static WeightFormatException Malformed(InputFile file) =>
        new(file.Path, "is not a well-formed zip archive", "copy or download it again");
}
