using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IlgpuCxr.WeightsImport;

/// <summary>A run of bytes that tensors are views of; several tensors may share one.</summary>
internal abstract class TensorStorage
{
    /// <summary>Where the bytes are, for messages.</summary>
    public abstract string Source { get; }

    /// <summary>Size in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on.</summary>
    public abstract void Read(long offset, Span<byte> destination);
}

/// <summary>Values that are in memory already.</summary>
internal sealed class MemoryStorage<T>(ReadOnlyMemory<T> values) : TensorStorage
    where T : unmanaged
{
    private static readonly int ElementSize = Unsafe.SizeOf<T>();

    public override string Source => "memory";

    public override long Length => (long)values.Length * ElementSize;

    public override void Read(long offset, Span<byte> destination)
    {
        // Cut to the elements wanted before counting in bytes: a span of bytes ends at 2 GiB, an array does not.
        int first = (int)(offset / ElementSize);
        int skip = (int)(offset % ElementSize);
        int count = (int)(((long)skip + destination.Length + ElementSize - 1) / ElementSize);
        MemoryMarshal.AsBytes(values.Span.Slice(first, count)).Slice(skip, destination.Length).CopyTo(destination);
    }
}

/// <summary>A part of an open file, read where and when it is asked for.</summary>
/// <remarks>
/// Read and not mapped: a mapped file that another program cuts short kills the process, a read reports it; and the
/// bytes go straight to their destination, so that a file is never in memory twice.
/// </remarks>
internal sealed class FileStorage(InputFile file, long start, long length) : TensorStorage
{
    public override string Source => file.Path;

    public override long Length => length;

    public override void Read(long offset, Span<byte> destination) => file.Read(start + offset, destination);
}
