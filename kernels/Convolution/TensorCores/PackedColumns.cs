using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// The columns of a product as <see cref="WarpgroupGemm{TRowExtent, TColumnExtent, TMath, TRows, TResult}"/> multiplies
/// them: rounded, tile after tile, each tile as it lies in shared memory.
/// </summary>
/// <remarks>
/// <code>
/// packed      [column tiles][depth tiles][a tile]
/// a tile      [column][16 of the depth], in the order of WarpgroupMatrix: 64 bytes a column in tf32, 32 in bf16
/// </code>
/// Beyond the matrix it is zero. So a tile is copied as one piece, with neither divisions nor tests. Weights are packed
/// for each pass, as on the CPU; for the weights' gradient it is the output's gradient, with the pixels as depth, which
/// lets the tensor cores read it along the depth.
/// </remarks>
/// <param name="packed">All tiles.</param>
/// <param name="columnTile">The group's tile of columns.</param>
/// <param name="depth">Length of the sums.</param>
/// <param name="thread">The thread's number in its group.</param>
internal readonly struct PackedColumns<TExtent, TMath>(ArrayView<float> packed, int columnTile, int depth, int thread)
    where TExtent : struct, ITileExtent
    where TMath : struct, ITensorCoreMath
{
    private const int QuadBytes = 16;

    private readonly ArrayView<float> packed = packed;
    private readonly int start = columnTile * Ceiling.Divide(depth, TensorCoreGemm.Depth) * Quads + thread;
    private readonly uint destination = (uint)thread * QuadBytes;

    /// <summary>Quads of 16 bytes in a tile: one, two or four for each thread.</summary>
    public static int Quads => TExtent.Length * RowQuads;

    /// <summary>Bytes of a tile.</summary>
    public static int Bytes => Quads * QuadBytes;

    private static int RowQuads => TMath.Depth == 8 ? 4 : 2;

    // What one instruction multiplies is 32 bytes of a row: half a row of tf32, a row of bf16.
    private const int StepBytes = 32;

    /// <summary>The columns of a tile in shared memory, from one of its steps on.</summary>
    public static long Step(uint tile, int step) =>
        WarpgroupMatrix.At(tile + (uint)(step * StepBytes), RowQuads * QuadBytes);

    /// <summary>
    /// Begins to copy this thread's quads of the tile at <paramref name="depthStart"/>; nothing from
    /// <paramref name="end"/> on.
    /// </summary>
    public void Fetch(uint tile, int depthStart, int end)
    {
        int bytes = depthStart < end ? QuadBytes : 0;
        int quad = depthStart < end ? start + depthStart / TensorCoreGemm.Depth * Quads : 0;
        tile += destination;
        ArrayView<float> view = packed;
        TensorCore.CopyQuad(tile, ref view[quad * 4], bytes);
        if (Quads > Warpgroup.Threads)
            TensorCore.CopyQuad(tile + Warpgroup.Threads * QuadBytes, ref view[(quad + Warpgroup.Threads) * 4], bytes);
        if (Quads > 2 * Warpgroup.Threads)
        {
            TensorCore.CopyQuad(
                tile + 2 * Warpgroup.Threads * QuadBytes, ref view[(quad + 2 * Warpgroup.Threads) * 4], bytes);
            TensorCore.CopyQuad(
                tile + 3 * Warpgroup.Threads * QuadBytes, ref view[(quad + 3 * Warpgroup.Threads) * 4], bytes);
        }
    }

    /// <summary>Floats that a matrix takes when it is packed; two of bf16 are one.</summary>
    public static int Count(int columns, int depth) =>
        checked(Ceiling.Divide(columns, TExtent.Length) * Ceiling.Divide(depth, TensorCoreGemm.Depth) * Quads * 4);

    /// <summary>Packs one quad of a matrix.</summary>
    public static void Pack<TColumns>(
        Index1D index, ArrayView<float> packed, TColumns columns, int depth, FastDivisor byDepthTiles)
        where TColumns : struct, ITiledOperand
    {
        int tile = index / Quads, place = index - tile * Quads;
        int columnTile = byDepthTiles.Divide(tile, out int depthTile), row = place / RowQuads;
        int quad = WarpgroupMatrix.Exchange(row, place & RowQuads - 1, RowQuads);
        TiledAnchor anchor = columns.Anchor(columnTile * TExtent.Length + row);
        Fragment first, second = default;
        if (TMath.Depth == 8)
        {
            int at = depthTile * TensorCoreGemm.Depth + quad * 4;
            first.X = Element(columns, anchor, at, depth);
            first.Y = Element(columns, anchor, at + 1, depth);
            first.Z = Element(columns, anchor, at + 2, depth);
            first.W = Element(columns, anchor, at + 3, depth);
        }
        else
        {
            // The neighbours that ITensorCoreMath.Round makes of a lane's part of the rows: depths t and t + 4.
            int at = depthTile * TensorCoreGemm.Depth + quad * 8;
            first.X = Element(columns, anchor, at, depth);
            first.Y = Element(columns, anchor, at + 1, depth);
            first.Z = Element(columns, anchor, at + 4, depth);
            first.W = Element(columns, anchor, at + 5, depth);
            second.X = Element(columns, anchor, at + 2, depth);
            second.Y = Element(columns, anchor, at + 3, depth);
            second.Z = Element(columns, anchor, at + 6, depth);
            second.W = Element(columns, anchor, at + 7, depth);
        }
        Fragment rounded = TMath.Round(first, second);
        Float4 values;
        values.X = Interop.IntAsFloat(rounded.X);
        values.Y = Interop.IntAsFloat(rounded.Y);
        values.Z = Interop.IntAsFloat(rounded.Z);
        values.W = Interop.IntAsFloat(rounded.W);
        packed.Cast<Float4>()[index] = values;
    }

    private static uint Element<TColumns>(TColumns columns, TiledAnchor anchor, int at, int depth)
        where TColumns : struct, ITiledOperand =>
        Interop.FloatAsInt(TiledGemm.LoadSingle(columns.View, TiledOperand.Offset(columns, anchor, at, depth)));
}
