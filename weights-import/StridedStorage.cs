using System.Runtime.InteropServices;

namespace IlgpuCxr.WeightsImport;

/// <summary>A strided view, such as a transposed matrix, as the bytes of its elements in row-major order.</summary>
/// <remarks>A few megabytes of rows at a time, so that no tensor is in memory whole, let alone twice.</remarks>
internal sealed class StridedStorage : BlockStorage
{
    // Large enough that a block of a transposed matrix takes a run of neighbours from each of the file's rows, not
    // single elements.
    private const int BlockBytes = 1 << 23;

    // A read from the file costs a microsecond.
    private const long MostReads = 1 << 24;

    private readonly TensorStorage storage;
    private readonly string name;
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly int elementSize;

    /// <param name="storage">What the view is of; it begins with the view's first element.</param>
    /// <param name="name">The tensor's name, for messages.</param>
    /// <param name="shape">At least one axis, none of them empty.</param>
    /// <param name="strides">In elements.</param>
    /// <param name="elementSize">In bytes.</param>
    public StridedStorage(
        TensorStorage storage, string name, IReadOnlyList<long> shape, long[] strides, int elementSize)
        : base(shape[0], shape.Skip(1).Aggregate((long)elementSize, (product, extent) => product * extent), BlockBytes)
    {
        (this.storage, this.name, this.shape, this.strides, this.elementSize) =
            (storage, name, [.. shape], strides, elementSize);
    }

    public override string Source => storage.Source;

    protected override void LoadBlock(long firstRow, byte[] block)
    {
        long[] extents = [block.Length / RowBytes, .. shape[1..]];

        // All that the block's elements are spread over in one read where it is little; else along the axis of the
        // nearest neighbours, a read for each of their runs.
        int[] outer = [.. Enumerable.Range(0, extents.Length)], inner = outer;
        if (SpanOf(extents, inner) * elementSize <= BlockBytes)
        {
            outer = [];
        }
        else
        {
            int nearest = Enumerable.Range(0, extents.Length)
                .Where(axis => extents[axis] > 1)
                .MinBy(axis => strides[axis]);
            (outer, inner) = ([.. outer.Where(axis => axis != nearest)], [nearest]);
        }
        if (outer.Aggregate(Int128.One, (product, axis) => product * extents[axis]) > MostReads
            || SpanOf(extents, inner) * elementSize > Array.MaxLength)
            throw TooLarge();

        byte[] run = GC.AllocateUninitializedArray<byte>((int)(SpanOf(extents, inner) * elementSize));
        long[] steps = RowMajorStrides(extents);
        foreach ((long from, long to) in Walk(extents, strides, steps, outer))
        {
            storage.Read(((firstRow * strides[0]) + from) * elementSize, run);
            switch (elementSize)
            {
                case 1: Gather<byte>(block, run, extents, steps, inner, to); break;
                case 2: Gather<ushort>(block, run, extents, steps, inner, to); break;
                case 4: Gather<uint>(block, run, extents, steps, inner, to); break;
                default: Gather<ulong>(block, run, extents, steps, inner, to); break;
            }
        }
    }

    private void Gather<T>(byte[] block, byte[] run, long[] extents, long[] steps, int[] axes, long start)
        where T : unmanaged
    {
        ReadOnlySpan<T> from = MemoryMarshal.Cast<byte, T>(run);
        Span<T> to = MemoryMarshal.Cast<byte, T>(block.AsSpan());
        if (axes is [int axis])
        {
            for (long i = 0; i < extents[axis]; i++)
                to[(int)(start + (i * steps[axis]))] = from[(int)(i * strides[axis])];
            return;
        }
        long[] index = new long[extents.Length];
        int source = 0;
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = from[source];
            for (int last = index.Length - 1; last >= 0; last--)
            {
                source += (int)strides[last];
                if (++index[last] < extents[last])
                    break;
                source -= (int)(index[last] * strides[last]);
                index[last] = 0;
            }
        }
    }

    private long SpanOf(long[] extents, int[] axes) => 1 + axes.Sum(axis => (extents[axis] - 1) * strides[axis]);

    /// <summary>Every place along some axes: where it is in the storage and where in the block, in elements.</summary>
    private static IEnumerable<(long From, long To)> Walk(long[] extents, long[] strides, long[] steps, int[] axes)
    {
        // The nearest last, so that the storage is read forwards.
        int[] order = [.. axes.OrderByDescending(axis => strides[axis])];
        long[] index = new long[order.Length];
        (long from, long to) = (0, 0);
        while (true)
        {
            yield return (from, to);
            int last = order.Length - 1;
            for (; last >= 0; last--)
            {
                int axis = order[last];
                (from, to) = (from + strides[axis], to + steps[axis]);
                if (++index[last] < extents[axis])
                    break;
                (from, to) = (from - (index[last] * strides[axis]), to - (index[last] * steps[axis]));
                index[last] = 0;
            }
            if (last < 0)
                yield break;
        }
    }

    internal static long[] RowMajorStrides(IReadOnlyList<long> shape)
    {
        long[] strides = new long[shape.Count];
        long stride = 1;
        for (int axis = shape.Count - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(1, shape[axis]);
        }
        return strides;
    }

    protected override WeightFormatException TooLarge() => new(
        storage.Source, $"tensor {WeightFormatException.Quote(name)} is large and its elements are scattered",
        "save it with .contiguous()");
}
