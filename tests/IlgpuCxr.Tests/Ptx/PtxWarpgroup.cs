namespace IlgpuCxr.Tests.Ptx;

/// <summary>The products of the 128 threads of a warpgroup, after the PTX ISA's chapter on <c>wgmma</c>.</summary>
/// <remarks>
/// The tensor cores compute on their own: from a product's start until it has been waited for, its sums are rubbish
/// here, and that its factors are still what they were is found out at its end. Registers written after the last
/// <c>wgmma.fence</c>, and shared memory written without <c>fence.proxy.async</c> and a barrier, are errors: the tensor
/// cores might not see them.
/// </remarks>
internal sealed class PtxWarpgroup
{
    public const int Size = 128;

    // A NaN, as in shared memory.
    private const ulong Rubbish = 0xFFFFFFFF;

    private readonly Dictionary<int, Sums> pending = [];
    private readonly List<Product> begun = [];
    private readonly List<Product> committed = [];
    private readonly ulong[][] fenced = new ulong[Size][];

    /// <summary><c>wgmma.fence</c></summary>
    public static Action<ReadOnlySpan<PtxThread>> Fence() => threads =>
    {
        PtxWarpgroup self = Of(threads);
        for (int thread = 0; thread < Size; thread++)
            self.fenced[thread] = [.. threads[thread].Registers];
    };

    /// <summary><c>wgmma.commit_group</c></summary>
    public static Action<ReadOnlySpan<PtxThread>> Commit() => threads =>
    {
        PtxWarpgroup self = Of(threads);
        self.committed.AddRange(self.begun);
        self.begun.Clear();
    };

    /// <summary><c>wgmma.wait_group 0</c></summary>
    public static Action<ReadOnlySpan<PtxThread>> AwaitAll() => threads =>
    {
        PtxWarpgroup self = Of(threads);
        foreach (Product product in self.committed)
            product.CheckFactors(threads);
        self.committed.Clear();
        foreach ((int key, Sums sums) in self.pending.Where(entry => self.begun.All(product => product.Key != entry.Key)).ToArray())
        {
            self.pending.Remove(key);
            for (int thread = 0; thread < Size; thread++)
                for (int i = 0; i < sums.Registers.Length; i++)
                {
                    ref ulong register = ref threads[thread].Registers[sums.Registers[i]];
                    if (register != Rubbish)
                        throw new InvalidOperationException("A thread writes a sum that tensor cores are computing.");
                    register = BitConverter.SingleToUInt32Bits(sums.Values[thread, i]);
                }
        }
    };

    /// <summary>
    /// <c>wgmma.mma_async.m64nNk8</c> of tf32 or <c>k16</c> of bf16, rows in registers: <c>d += a bᵀ</c>.
    /// </summary>
    public static Action<ReadOnlySpan<PtxThread>> Multiply(
        bool isTf32, int columns, int[] d, int[] a, int descriptor) => threads =>
    {
        PtxWarpgroup self = Of(threads);
        int depth = isTf32 ? 8 : 16;
        var left = new float[64, depth];
        for (int thread = 0; thread < Size; thread++)
        {
            self.CheckFenced(threads[thread], a);
            int first = thread / 32 * 16;
            PtxWarp.LoadRows(
                isTf32, threads[thread].Registers, thread % 32, a, (row, k, value) => left[first + row, k] = value);
        }
        Matrix matrix = new(threads[0].Registers[descriptor]);
        if (threads.ToArray().Any(thread => thread.Registers[descriptor] != matrix.Descriptor))
            throw new InvalidOperationException("The threads of a warpgroup name different matrices.");
        var right = new float[columns, depth];
        var words = new Dictionary<uint, uint>();
        for (int n = 0; n < columns; n++)
            for (int k = 0; k < depth; k++)
            {
                uint address = matrix.Address(n, k * (isTf32 ? 4 : 2));
                uint word = threads[0].Group.Shared.LoadAsynchronously(address & ~3u, threads[0].Group);
                words[address & ~3u] = word;
                right[n, k] = isTf32 ? PtxWarp.Tf32(word) : PtxWarp.Bf16(word >> (int)(address % 4 * 8));
            }

        if (!self.pending.TryGetValue(d[0], out Sums? sums))
        {
            sums = new Sums(d, new float[Size, d.Length]);
            for (int thread = 0; thread < Size; thread++)
            {
                self.CheckFenced(threads[thread], d);
                for (int i = 0; i < d.Length; i++)
                {
                    sums.Values[thread, i] = BitConverter.UInt32BitsToSingle((uint)threads[thread].Registers[d[i]]);
                    threads[thread].Registers[d[i]] = Rubbish;
                }
            }
            self.pending[d[0]] = sums;
        }
        for (int thread = 0; thread < Size; thread++)
            for (int i = 0; i < d.Length; i++)
            {
                int row = thread / 32 * 16 + thread % 32 / 4 + i % 4 / 2 * 8;
                int column = i / 4 * 8 + thread % 4 * 2 + i % 2;
                double sum = sums.Values[thread, i];
                for (int k = 0; k < depth; k++)
                    sum += (double)left[row, k] * right[column, k];
                sums.Values[thread, i] = (float)sum;
            }
        self.begun.Add(
            new Product(
                d[0], a, [.. threads.ToArray().Select(thread => a.Select(at => thread.Registers[at]).ToArray())],
                words));
    };

    private static PtxWarpgroup Of(ReadOnlySpan<PtxThread> threads) =>
        threads[0].Group.Warpgroups[threads[0].Index / Size];

    private void CheckFenced(PtxThread thread, int[] registers)
    {
        ulong[]? before = fenced[thread.Index % Size];
        if (before is null || registers.Any(at => before[at] != thread.Registers[at]))
            throw new InvalidOperationException(
                "Tensor cores read registers that were written after the last wgmma.fence.");
    }

    private sealed record Sums(int[] Registers, float[,] Values);

    /// <summary>A product under way, and the factors that it began with.</summary>
    private sealed record Product(int Key, int[] A, ulong[][] Rows, Dictionary<uint, uint> Columns)
    {
        public void CheckFactors(ReadOnlySpan<PtxThread> threads)
        {
            for (int thread = 0; thread < Size; thread++)
                for (int i = 0; i < A.Length; i++)
                {
                    if (threads[thread].Registers[A[i]] != Rows[thread][i])
                        throw new InvalidOperationException("A thread writes a register that tensor cores read.");
                }
            foreach ((uint address, uint word) in Columns)
            {
                if (threads[0].Group.Shared.LoadAsynchronously(address, threads[0].Group) != word)
                    throw new InvalidOperationException(
                        $"Shared memory at {address} changes while tensor cores read it.");
            }
        }
    }

    /// <summary>
    /// A matrix descriptor: rows of 128, 64 or 32 bytes, eight of them close together, their 16-byte pieces swizzled
    /// by the bits of the address.
    /// </summary>
    private readonly struct Matrix
    {
        private readonly uint start, eightRows, rowBytes, swizzled;

        public Matrix(ulong descriptor)
        {
            Descriptor = descriptor;
            start = (uint)(descriptor & 0x3FFF) << 4;
            eightRows = (uint)(descriptor >> 32 & 0x3FFF) << 4;
            rowBytes = (descriptor >> 62) switch
            {
                1 => 128,
                2 => 64,
                3 => 32,
                _ => throw new NotSupportedException("The interpreter knows no matrix without swizzled pieces."),
            };
            swizzled = rowBytes / 16 - 1;
            if ((descriptor >> 49 & 7) != 0 || start / rowBytes % 8 != 0 || eightRows % (8 * rowBytes) != 0)
                throw new InvalidOperationException(
                    $"The matrix at {start} of shared memory does not start at a multiple of eight rows of {rowBytes} bytes.");
        }

        public ulong Descriptor { get; }

        public uint Address(int row, int bytes)
        {
            if (start % rowBytes + bytes >= rowBytes)
                throw new InvalidOperationException("A row of a matrix ends before its columns do.");
            uint address = start + (uint)(row / 8) * eightRows + (uint)(row % 8) * rowBytes + (uint)bytes;
            return address ^ (address >> 7 & swizzled) << 4;
        }
    }
}
