namespace IlgpuCxr.Tests.Ptx;

/// <summary>
/// The instructions that the 32 lanes of a warp execute together, after the PTX ISA's chapters on mma, ldmatrix
/// and shfl.
/// </summary>
internal static class PtxWarp
{
    /// <summary>
    /// <c>ldmatrix.m8n8.x4.b16</c>: lane i names row i mod 8 of matrix i / 8, eight 16-bit elements; of each matrix
    /// lane l gets elements 2 (l mod 4) and the next of row l / 4, or, transposed, of column l / 4.
    /// </summary>
    public static Action<ReadOnlySpan<PtxThread>> LoadMatrices(
        bool transposed, int[] results, int address) => warp =>
    {
        var values = new uint[4, 32];
        for (int matrix = 0; matrix < 4; matrix++)
            for (int lane = 0; lane < 32; lane++)
            {
                int first = lane / 4, second = lane % 4 * 2;
                values[matrix, lane] = transposed
                    ? Element(warp, lane, matrix, second, first, address)
                        | Element(warp, lane, matrix, second + 1, first, address) << 16
                    : Element(warp, lane, matrix, first, second, address)
                        | Element(warp, lane, matrix, first, second + 1, address) << 16;
            }
        for (int matrix = 0; matrix < 4; matrix++)
            for (int lane = 0; lane < 32; lane++)
                warp[lane].Registers[results[matrix]] = values[matrix, lane];
    };

    /// <summary><c>shfl.sync.bfly</c> of all lanes: lane l gets what lane l xor the mask has.</summary>
    public static Action<ReadOnlySpan<PtxThread>> Shuffle(int result, int value, int mask) => warp =>
    {
        var values = new ulong[32];
        for (int lane = 0; lane < 32; lane++)
            values[lane] = warp[lane ^ mask].Registers[value];
        for (int lane = 0; lane < 32; lane++)
            warp[lane].Registers[result] = values[lane];
    };

    private static uint Element(
        ReadOnlySpan<PtxThread> warp, int lane, int matrix, int row, int column, int address)
    {
        ulong start = warp[matrix * 8 + row].Registers[address];
        if (start % 16 != 0)
            throw new InvalidOperationException(
                $"A row of a matrix at {start} of shared memory is not aligned to 16 bytes.");
        uint word = warp[lane].Group.Shared.Load(start + (uint)(column / 2 * 4), warp[lane]);
        return word >> column % 2 * 16 & 0xFFFF;
    }

    /// <summary><c>mma.m16n8k8</c> of tf32 or <c>mma.m16n8k16</c> of bf16: <c>d = a b + c</c>.</summary>
    public static Action<ReadOnlySpan<PtxThread>> Multiply(bool isTf32, int[] d, int[] a, int[] b, int[] c) => warp =>
    {
        int depth = isTf32 ? 8 : 16;
        var left = new float[16, depth];
        var right = new float[depth, 8];
        for (int lane = 0; lane < 32; lane++)
        {
            ulong[] registers = warp[lane].Registers;
            int group = lane / 4, member = lane % 4;
            LoadRows(isTf32, registers, lane, a, (row, k, value) => left[row, k] = value);
            for (int i = 0; i < 2; i++)
            {
                uint value = (uint)registers[b[i]];
                if (isTf32)
                {
                    right[member + i * 4, group] = Tf32(value);
                    continue;
                }
                right[member * 2 + i * 8, group] = Bf16(value);
                right[member * 2 + i * 8 + 1, group] = Bf16(value >> 16);
            }
        }
        Span<float> sums = stackalloc float[4];
        for (int lane = 0; lane < 32; lane++)
        {
            ulong[] registers = warp[lane].Registers;
            for (int i = 0; i < 4; i++)
            {
                int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
                double sum = BitConverter.UInt32BitsToSingle((uint)registers[c[i]]);
                for (int k = 0; k < depth; k++)
                    sum += (double)left[row, k] * right[k, column];
                sums[i] = (float)sum;
            }
            for (int i = 0; i < 4; i++)
                registers[d[i]] = BitConverter.SingleToUInt32Bits(sums[i]);
        }
    };

    /// <summary>
    /// A lane's four registers of 16 rows, of which it holds two elements or two pairs in each of two rows.
    /// </summary>
    public static void LoadRows(bool isTf32, ulong[] registers, int lane, int[] a, Action<int, int, float> store)
    {
        int member = lane % 4;
        for (int i = 0; i < 4; i++)
        {
            int row = lane / 4 + i % 2 * 8;
            uint value = (uint)registers[a[i]];
            if (isTf32)
            {
                store(row, member + i / 2 * 4, Tf32(value));
                continue;
            }
            store(row, member * 2 + i / 2 * 8, Bf16(value));
            store(row, member * 2 + i / 2 * 8 + 1, Bf16(value >> 16));
        }
    }

    // Tensor cores do not look at the 13 last bits.
    public static float Tf32(uint bits) => BitConverter.UInt32BitsToSingle(bits & 0xFFFFE000);

    public static float Bf16(uint bits) => BitConverter.UInt32BitsToSingle(bits << 16);
}
