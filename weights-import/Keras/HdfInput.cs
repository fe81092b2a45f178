using System.Buffers.Binary;
using System.Text;

namespace IlgpuCxr.WeightsImport;

/// <summary>Reads the structures of an HDF5 file, each within the file and within the budget.</summary>
internal sealed class HdfInput(InputFile file, MemoryBudget budget)
{
    /// <summary>The address of what is not there.</summary>
    public const long Undefined = -1;

    public InputFile File => file;

    public MemoryBudget Budget => budget;

    public HdfHeaps Heaps => field ??= new HdfHeaps(this);

    /// <summary>Reads so many bytes at an address.</summary>
    public HdfBytes Read(long address, long count)
    {
        RequireWithin(address, count);
        budget.Take(count + 64);
        byte[] bytes = new byte[count];
        file.Read(address, bytes);
        return new HdfBytes(this, bytes);
    }

    /// <summary>Reads so many bytes at an address, which must begin with a signature.</summary>
    public HdfBytes Read(long address, long count, ReadOnlySpan<byte> signature)
    {
        HdfBytes bytes = Read(address, count);
        return bytes.Take(signature.Length).SequenceEqual(signature)
            ? bytes
            : throw Malformed($"no {Encoding.ASCII.GetString(signature)} at byte {address}");
    }

    public void RequireWithin(long address, long count)
    {
        if (address < 0 || count < 0 || address > file.Length - count)
            throw Malformed($"{count} bytes at {address} are outside the file");
    }

    public WeightFormatException Malformed(string what) =>
        new(file.Path, $"is not a well-formed HDF5 file ({what})", "copy or download it again");

    public WeightFormatException Unsupported(string what) =>
        new(file.Path, what, "save the weights again with Keras or h5py and its default settings");
}

/// <summary>The bytes of one structure, taken one field after another.</summary>
internal sealed class HdfBytes(HdfInput input, ReadOnlyMemory<byte> bytes)
{
    private int position;

    public int Left => bytes.Length - position;

    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > Left)
            throw input.Malformed("a structure ends too soon");
        position += (int)count;
        return bytes.Span.Slice(position - (int)count, (int)count);
    }

    public HdfBytes TakePart(long count)
    {
        Take(count);
        return new HdfBytes(input, bytes.Slice(position - (int)count, (int)count));
    }

    /// <summary>The same bytes, from the first one on.</summary>
    public HdfBytes Copy() => new(input, bytes);

    public void Skip(long count) => Take(count);

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>An unsigned number of 1, 2, 4 or 8 bytes.</summary>
    public long Number(int size) => size switch
    {
        1 => Byte(),
        2 => UInt16(),
        4 => UInt32(),
        _ => Int64(),
    };

    /// <summary>A text of so many bytes, or of fewer where a zero byte ends it.</summary>
    public string Text(long count)
    {
        ReadOnlySpan<byte> text = Take(count);
        int end = text.IndexOf((byte)0);
        return Decode(end < 0 ? text : text[..end]);
    }

    /// <summary>A text that a zero byte ends.</summary>
    public string TextToZero()
    {
        int end = bytes.Span[position..].IndexOf((byte)0);
        return end < 0 ? throw input.Malformed("a name has no end") : Decode(Take(end));
    }

    private string Decode(ReadOnlySpan<byte> text)
    {
        input.Budget.TakeText(text.Length);
        return Encoding.UTF8.GetString(text);
    }
}
