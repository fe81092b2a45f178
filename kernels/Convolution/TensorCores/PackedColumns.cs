using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The columns of a product as <see cref="WarpgroupGemm{TRowExtent, TColumnExtent, TAccess, TMath, TRows, TResult}"/>
/// multiplies them: rounded, stage after stage, each as it lies in shared memory.
/// </summary>
/// <remarks>
/// <code>
/// packed      [block tiles of columns][stages][a stage]
/// a stage     [column][16 of the depth, of bfloat16 32], in the order of WarpgroupMatrix: 64 bytes a column
/// </code>
/// Beyond the matrix it is zero. So a stage is copied as one piece, with neither divisions nor tests. Weights are
/// packed for each pass, as on the CPU; for the weights' gradient it is the output's gradient, with the pixels as
/// depth, which lets the tensor cores read it along the depth.
/// </remarks>
/// <param name="packed">All columns.</param>
/// <param name="columnTile">The place of the group's block tile among the columns.</param>
/// <param name="depth">Length of the sums.</param>
/// <param name="thread">The thread's number in its group.</param>
internal readonly struct PackedColumns<TExtent, TMath>(
    ArrayView<float> packed, int columnTile, int depth, int thread)
    where TExtent : struct, ITileExtent
    where TMath : struct, ITensorCoreMath
{
    private const int QuadBytes = TensorCoreGemm.QuadBytes, RowQuads = AlongDepthLayout.RowQuads;

    // What one instruction multiplies is half a row.
    private const int StepBytes = TensorCoreGemm.RowBytes / 2;

    private const uint LowerHalf = 0xFFFF;

    private readonly ArrayView<float> packed = packed;
    private readonly int start = columnTile * Stages(depth) * Quads + thread;
    private readonly uint destination = (uint)thread * QuadBytes;

    /// <summary>Quads of 16 bytes in a stage: two or four for each thread.</summary>
    public static int Quads => TExtent.Length * RowQuads;

    /// <summary>Bytes of a stage.</summary>
    public static int Bytes => Quads * QuadBytes;

    /// <summary>The columns of a stage in shared memory, from one of its steps on.</summary>
    public static long Step(uint address, int step) =>
        WarpgroupMatrix.At(address + (uint)(step * StepBytes));

    /// <summary>
    /// Begins to copy this thread's quads of the stage at <paramref name="depthStart"/>; nothing from
    /// <paramref name="end"/> on.
    /// </summary>
    public void Fetch(uint address, int depthStart, int end)
    {
        int bytes = depthStart < end ? QuadBytes : 0;
        int quad = depthStart < end ? start + depthStart / TMath.StageDepth * Quads : 0;
        address += destination;
        ArrayView<float> view = packed;
        TensorCore.CopyQuad(address, ref view[quad * 4], bytes);
        TensorCore.CopyQuad(address + Warpgroup.Threads * QuadBytes, ref view[(quad + Warpgroup.Threads) * 4], bytes);
        if (Quads > 2 * Warpgroup.Threads)
        {
            TensorCore.CopyQuad(
                address + 2 * Warpgroup.Threads * QuadBytes, ref view[(quad + 2 * Warpgroup.Threads) * 4], bytes);
            TensorCore.CopyQuad(
                address + 3 * Warpgroup.Threads * QuadBytes, ref view[(quad + 3 * Warpgroup.Threads) * 4], bytes);
        }
    }

    /// <summary>Stages of a depth.</summary>
    public static int Stages(int depth) => Ceiling.Divide(depth, TMath.StageDepth);

    /// <summary>Floats that a matrix takes when it is packed.</summary>
    public static int Count(int columns, int depth) =>
        Sizes.Countable((long)Ceiling.Divide(columns, TExtent.Length) * Stages(depth) * Quads * 4);

    /// <summary>Packs one quad of a matrix.</summary>
    public static void Pack<TColumns>(
        Index1D index, ArrayView<float> packed, TColumns columns, int depth, FastDivisor byStages)
        where TColumns : struct, ITiledOperand
    {
        int packedStage = index / Quads, place = index - packedStage * Quads;
        int columnTile = byStages.Divide(packedStage, out int stage), row = place / RowQuads;
        int word = (stage * RowQuads + Swizzle.Place(row, place & RowQuads - 1)) * 4;
        int column = columnTile * TExtent.Length + row;
        TiledAnchor anchor = columns.Anchor(TMath.OfBFloat16 && !TColumns.AlongDepth ? column >> 1 : column);
        Fragment words;
        words.X = Word(columns, anchor, column, word, depth);
        words.Y = Word(columns, anchor, column, word + 1, depth);
        words.Z = Word(columns, anchor, column, word + 2, depth);
        words.W = Word(columns, anchor, column, word + 3, depth);
        Fragment rounded = TMath.Round(words);
        Float4 values;
        values.X = Interop.IntAsFloat(rounded.X);
        values.Y = Interop.IntAsFloat(rounded.Y);
        values.Z = Interop.IntAsFloat(rounded.Z);
        values.W = Interop.IntAsFloat(rounded.W);
        packed.Cast<Float4>()[index] = values;
    }

    /// <summary>A single at a depth, or the two of bfloat16 at twice that depth and the next.</summary>
    private static uint Word<TColumns>(TColumns columns, TiledAnchor anchor, int column, int word, int depth)
        where TColumns : struct, ITiledOperand
    {
        if (!TMath.OfBFloat16)
            return Float(columns, anchor, word, depth);
        if (TColumns.AlongDepth)
            return Float(columns, anchor, word, depth >> 1);
        // Neighbours in memory are two columns at one depth.
        uint first = Float(columns, anchor, 2 * word, depth), second = Float(columns, anchor, 2 * word + 1, depth);
        return (column & 1) == 0 ? first & LowerHalf | second << 16 : first >> 16 | second & ~LowerHalf;
    }

    private static uint Float<TColumns>(TColumns columns, TiledAnchor anchor, int at, int depth)
        where TColumns : struct, ITiledOperand =>
        Interop.FloatAsInt(TiledGemm.LoadSingle(columns.View, TiledOperand.Offset(columns, anchor, at, depth)));
}
