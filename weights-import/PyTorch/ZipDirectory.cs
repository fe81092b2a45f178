using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

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

    public static Dictionary<string, FileRegion> Read(string path, SafeFileHandle file, MemoryBudget budget)
    {
        FileRegion directory = FindDirectory(path, file);
        budget.Take(directory.Length);
        byte[] bytes = ReadAt(path, file, directory.Start, directory.Length);
        var entries = new Dictionary<string, FileRegion>(StringComparer.Ordinal);
        ReadOnlySpan<byte> rest = bytes;
        while (!rest.IsEmpty)
        {
            if (rest.Length < CentralBytes || UInt32(rest, 0) != CentralSignature)
                throw Malformed(path);
            int nameLength = UInt16(rest, 28), extraLength = UInt16(rest, 30), commentLength = UInt16(rest, 32);
            int length = CentralBytes + nameLength + extraLength + commentLength;
            if (rest.Length < length)
                throw Malformed(path);
            budget.Take(BytesPerEntry + (4L * nameLength));
            string name = Encoding.UTF8.GetString(rest.Slice(CentralBytes, nameLength));
            FileRegion region = FindEntry(path, file, directory.Start, name, rest[..length]);
            if (!entries.TryAdd(name, region))
                throw Malformed(path);
            rest = rest[length..];
        }
        CheckOverlaps(path, entries.Values);
        return entries;
    }

    private static FileRegion FindDirectory(string path, SafeFileHandle file)
    {
        long fileLength = RandomAccess.GetLength(file);
        long tailStart = Math.Max(0, fileLength - EndBytes - LongestComment);
        byte[] tail = ReadAt(path, file, tailStart, fileLength - tailStart);
        int end = tail.Length - EndBytes;
        while (end >= 0 && !IsEnd(tail.AsSpan(end)))
            end--;
        if (end < 0)
        {
            throw new WeightFormatException(
                path, "is a zip archive without its end", "copy or download it again");
        }

        long limit = tailStart + end;
        long length = UInt32(tail, end + 12), start = UInt32(tail, end + 16);
        if (start == In64 || length == In64 || UInt16(tail, end + 10) == ushort.MaxValue)
        {
            byte[] locator = ReadAt(path, file, limit - Locator64Bytes, Locator64Bytes);
            limit = Int64(locator, 8);
            byte[] end64 = ReadAt(path, file, limit, End64Bytes);
            if (UInt32(locator, 0) != Locator64Signature || UInt32(end64, 0) != End64Signature)
                throw Malformed(path);
            (length, start) = (Int64(end64, 40), Int64(end64, 48));
        }
        if (length < 0 || start < 0 || length > MaximumDirectoryBytes || start > limit - length)
            throw Malformed(path);
        return new FileRegion(start, length);
    }

    // The signature alone could also be a part of the comment, which reaches to the end of the file.
    private static bool IsEnd(ReadOnlySpan<byte> bytes) =>
        UInt32(bytes, 0) == EndSignature && EndBytes + UInt16(bytes, 20) == bytes.Length;

    private static FileRegion FindEntry(
        string path, SafeFileHandle file, long limit, string name, ReadOnlySpan<byte> central)
    {
        long packed = UInt32(central, 20), length = UInt32(central, 24), start = UInt32(central, 42);
        int extraLength = UInt16(central, 30);
        ReadOnlySpan<byte> extra = Extra64Of(path, central.Slice(CentralBytes + UInt16(central, 28), extraLength));
        TakeFrom64(path, ref length, ref extra);
        TakeFrom64(path, ref packed, ref extra);
        TakeFrom64(path, ref start, ref extra);
        if (UInt16(central, 10) != 0 || packed != length || (UInt16(central, 8) & EncryptedFlag) != 0)
        {
            throw new WeightFormatException(
                path,
                $"has the compressed or encrypted entry {WeightFormatException.Quote(name)}, as torch.save writes none",
                "save it again with torch.save");
        }

        byte[] local = ReadAt(path, file, start, LocalBytes);
        if (UInt32(local, 0) != LocalSignature)
            throw Malformed(path);
        long data = start + LocalBytes + UInt16(local, 26) + UInt16(local, 28);
        return length >= 0 && data <= limit - length ? new FileRegion(data, length) : throw Malformed(path);
    }

    // A field that does not fit in 32 bits is all ones, and its value is the next 64 bits of an extra field.
    private static void TakeFrom64(string path, ref long value, ref ReadOnlySpan<byte> extra)
    {
        if (value != In64)
            return;
        if (extra.Length < sizeof(long))
            throw Malformed(path);
        value = Int64(extra, 0);
        extra = extra[sizeof(long)..];
    }

    private static ReadOnlySpan<byte> Extra64Of(string path, ReadOnlySpan<byte> extra)
    {
        const int Header = 4;
        while (extra.Length >= Header)
        {
            int length = UInt16(extra, 2);
            if (extra.Length < Header + length)
                throw Malformed(path);
            if (UInt16(extra, 0) == Extra64)
                return extra.Slice(Header, length);
            extra = extra[(Header + length)..];
        }
        return [];
    }

    private static void CheckOverlaps(string path, IEnumerable<FileRegion> regions)
    {
        long end = 0;
        foreach (FileRegion region in regions.OrderBy(r => r.Start).ThenBy(r => r.Length))
        {
            if (region.Start < end)
                throw Malformed(path);
            end = region.Start + region.Length;
        }
    }

    private static byte[] ReadAt(string path, SafeFileHandle file, long start, long length)
    {
        if (start < 0 || start > RandomAccess.GetLength(file) - length)
            throw Malformed(path);
        byte[] bytes = new byte[length];
        FileBytes.ReadExactly(path, file, start, bytes);
        return bytes;
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Int64(ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private static WeightFormatException Malformed(string path) =>
        new(path, "is not a well-formed zip archive", "copy or download it again");
}
