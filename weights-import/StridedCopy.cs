using System.Runtime.InteropServices;

namespace IlgpuCxr.WeightsImport;

/// <summary>Puts the elements of a strided view, such as a transposed matrix, into row-major order.</summary>
internal static class StridedCopy
{
    /// <summary>
    /// Reads the storage once, whole, and picks the elements from memory: they are too scattered to be read singly.
    /// </summary>
    public static TensorStorage Gather(
        TensorStorage storage, string name, IReadOnlyList<long> shape, long[] strides, int elementSize)
    {
        long elements = shape.Aggregate(1L, (product, extent) => product * extent);
        if (storage.Length > Array.MaxLength || elements * elementSize > Array.MaxLength)
        {
            throw new WeightFormatException(
                storage.Source, $"tensor {WeightFormatException.Quote(name)} is strided and larger than 2 GiB",
                "save it with .contiguous()");
        }

        byte[] source = GC.AllocateUninitializedArray<byte>((int)storage.Length);
        storage.Read(0, source);
        byte[] destination = GC.AllocateUninitializedArray<byte>((int)elements * elementSize);
        switch (elementSize)
        {
            case 1: Gather<byte>(source, destination, shape, strides); break;
            case 2: Gather<ushort>(source, destination, shape, strides); break;
            case 4: Gather<uint>(source, destination, shape, strides); break;
            default: Gather<ulong>(source, destination, shape, strides); break;
        }
        return new MemoryStorage<byte>(destination);
    }

    private static void Gather<T>(byte[] source, byte[] destination, IReadOnlyList<long> shape, long[] strides)
        where T : unmanaged
    {
        ReadOnlySpan<T> from = MemoryMarshal.Cast<byte, T>(source.AsSpan());
        Span<T> to = MemoryMarshal.Cast<byte, T>(destination.AsSpan());
        long[] index = new long[shape.Count];
        long position = 0;
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = from[(int)position];
            for (int axis = index.Length - 1; axis >= 0; axis--)
            {
                position += strides[axis];
                if (++index[axis] < shape[axis])
                    break;
                position -= index[axis] * strides[axis];
                index[axis] = 0;
            }
        }
    }
}
