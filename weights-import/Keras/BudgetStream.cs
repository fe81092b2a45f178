using System.Runtime.CompilerServices;

namespace IlgpuCxr.WeightsImport;

/// <summary>
/// The file that the HDF5 library reads. In a broken one the library can follow references in a circle, with a loop or
/// with calls within calls; this ends either with an exception, after a number of operations or near the stack's end.
/// </summary>
internal sealed class BudgetStream(Stream file, long operations) : Stream
{
    private long left = operations;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => file.Position = Spend(value);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        Spend(0);
        return file.Read(buffer);
    }

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(Spend(offset), origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }

    private long Spend(long value)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return --left >= 0 ? value : throw new InvalidDataException("its structure has no end");
    }
}
