using System.Buffers.Binary;
using System.Text;

namespace IlgpuCxr.WeightsImport;

/// <summary>The bytes of a pickle, one after another, with an end that no read goes beyond.</summary>
internal sealed class PickleInput(InputFile file, long start, long end)
{
    private readonly byte[] buffer = new byte[1 << 16];
    private long bufferStart = start;
    private int bufferLength;

    public string Path => file.Path;

    /// <summary>The place in the file of the next byte.</summary>
    public long Position { get; private set; } = start;

    public byte ReadByte()
    {
        if (Position == bufferStart + bufferLength)
            Fill();
        return buffer[(int)(Position++ - bufferStart)];
    }

    public byte[] ReadBytes(long count)
    {
        // Compared with what is left before anything of that size is made.
        if (count < 0 || count > end - Position)
            throw EndsTooSoon();
        byte[] bytes = new byte[count];
        int ready = (int)Math.Min(count, bufferStart + bufferLength - Position);
        buffer.AsSpan((int)(Position - bufferStart), ready).CopyTo(bytes);
        file.Read(Position + ready, bytes.AsSpan(ready));
        Position += count;
        if (ready < count)
            (bufferStart, bufferLength) = (Position, 0);
        return bytes;
    }

    public ushort ReadUInt16() => (ushort)(ReadByte() | ReadByte() << 8);

    public int ReadInt32() => ReadUInt16() | ReadUInt16() << 16;

    public long ReadInt64() => (uint)ReadInt32() | (long)ReadInt32() << 32;

    public double ReadDoubleBigEndian() =>
        BitConverter.Int64BitsToDouble(BinaryPrimitives.ReverseEndianness(ReadInt64()));

    public string ReadText(long byteCount) => Encoding.UTF8.GetString(ReadBytes(byteCount));

    public string ReadLine()
    {
        const int LongestLine = 4096;
        var line = new StringBuilder();
        for (byte next = ReadByte(); next != '\n'; next = ReadByte())
        {
            if (line.Length == LongestLine)
                throw new WeightFormatException(Path, "is not a well-formed pickle", "copy or download it again");
            line.Append((char)next);
        }
        return line.ToString();
    }

    private void Fill()
    {
        int length = (int)Math.Min(buffer.Length, end - Position);
        if (length == 0)
            throw EndsTooSoon();
        file.Read(Position, buffer.AsSpan(0, length));
        (bufferStart, bufferLength) = (Position, length);
    }

    private WeightFormatException EndsTooSoon() =>
        new(Path, "its pickle ends before it is complete", "copy or download it again");
}
