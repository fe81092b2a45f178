using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// One operand's tile in shared memory: how a thread brings its part there, and how a lane reads it as fragments.
/// </summary>
/// <remarks>
/// A tile keeps the order of global memory, so that whole quads are copied past the registers:
/// <code>
/// AlongDepth     [outer][depth]    16 floats a row      quad q of row o lies at place q ^ (o / 2 mod 4)
/// else           [depth][outer]    64 or 128 a row      quad q of row d lies at place q ^ 2 (d mod 4)
/// </code>
/// The exclusive or spreads what eight lanes read at once over all 32 banks: eight rows of one quad in the first order,
/// four rows of two quads in the second.
/// </remarks>
internal readonly struct TensorCoreStage<TExtent, TAccess, TOperand>
    where TExtent : struct, ITileExtent
    where TAccess : struct, ITiledAccess
    where TOperand : struct, ITiledOperand
{
    private const int QuadBytes = 16, DepthQuads = TensorCoreGemm.Depth / 4;

    // A thread's quads, four of a large tile and two of a small one, are of one depth, so that its share of the offset
    // is found once for all of them.
    private const int OuterStep = 32;

    private readonly TOperand operand;
    private readonly int outer;
    private readonly int localDepth;
    private readonly uint destination;
    private readonly uint fragment;
    private readonly TiledAnchor anchor0;
    private readonly TiledAnchor anchor1;
    private readonly TiledAnchor anchor2;
    private readonly TiledAnchor anchor3;

    /// <param name="operand">The operand.</param>
    /// <param name="start">The tile's first outer index.</param>
    /// <param name="thread">The thread's number in its group.</param>
    /// <param name="warpStart">The first outer index, within the tile, of the thread's warp.</param>
    public TensorCoreStage(TOperand operand, int start, int thread, int warpStart)
    {
        this.operand = operand;
        int lane = thread & 31;
        if (TOperand.AlongDepth)
        {
            int row = thread / DepthQuads, quad = thread & DepthQuads - 1;
            outer = start + row;
            localDepth = quad * 4;
            destination = (uint)(row * DepthQuads + (quad ^ row >> 1 & 3)) * QuadBytes;
            // ldmatrix: lanes 0 to 15 name the rows of the first quad, lanes 16 to 31 those of the second.
            int fragmentRow = warpStart + (lane & 15);
            fragment = (uint)(fragmentRow * DepthQuads + (lane >> 4 ^ fragmentRow >> 1 & 3)) * QuadBytes;
        }
        else
        {
            int row = thread / StepQuads, quad = thread & StepQuads - 1;
            outer = start + quad * 4;
            localDepth = row;
            destination = (uint)(row * OuterQuads + (quad ^ (row & 3) * 2)) * QuadBytes;
            int g = lane >> 2, t = lane & 3, fragmentQuad = (warpStart + g) >> 2;
            fragment = (uint)((t * OuterQuads + (fragmentQuad ^ t * 2)) * QuadBytes + (g & 3) * sizeof(float));
        }
        anchor0 = operand.Anchor(outer);
        anchor1 = operand.Anchor(outer + OuterStep);
        anchor2 = HasFour ? operand.Anchor(outer + 2 * OuterStep) : anchor0;
        anchor3 = HasFour ? operand.Anchor(outer + 3 * OuterStep) : anchor0;
    }

    /// <summary>Bytes of a tile.</summary>
    public static int Bytes => TExtent.Length * TensorCoreGemm.Depth * sizeof(float);

    private static int OuterQuads => TExtent.Length / 4;

    private static bool HasFour => TExtent.Length > Extent64.Length;

    private static int StepQuads => OuterStep / 4;

    // From one of a thread's quads to its next in shared memory.
    private static int CopyBytes => TOperand.AlongDepth ? OuterStep * DepthQuads * QuadBytes : StepQuads * QuadBytes;

    /// <summary>
    /// Begins to copy this thread's quads of the tile at <paramref name="depth"/>; from <paramref name="end"/> on all
    /// is zero.
    /// </summary>
    public void Fetch(uint tile, int depth, int end)
    {
        tile += destination;
        depth += localDepth;
        Fetch(tile, anchor0, outer, depth, end);
        Fetch(tile + (uint)CopyBytes, anchor1, outer + OuterStep, depth, end);
        if (HasFour)
        {
            Fetch(tile + (uint)(2 * CopyBytes), anchor2, outer + 2 * OuterStep, depth, end);
            Fetch(tile + (uint)(3 * CopyBytes), anchor3, outer + 3 * OuterStep, depth, end);
        }
    }

    /// <summary>
    /// A block of 16 outer indices and a depth of 8, <paramref name="outerBlock"/> counted from the warp's first.
    /// </summary>
    /// <remarks>
    /// An odd block is found by exchanging bits, which is right where the warp's first index is a multiple of 32.
    /// </remarks>
    public Fragment Load(uint tile, int outerBlock, int depthBlock)
    {
        if (TOperand.AlongDepth)
            return TensorCore.LoadMatrices(
                tile + (fragment ^ (uint)depthBlock * 2 * QuadBytes)
                + (uint)(outerBlock * 16 * DepthQuads * QuadBytes));
        // Quad q lies at place q ^ 2t, t below four, so that only bits 1 and 2 of its number are exchanged. Bit 1 tells
        // the last eight of 16 outer indices from the first, bit 2 an odd block from an even one: both are set by
        // exclusive or. From 32 outer indices to the next it is an addition.
        uint top = fragment ^ (uint)((outerBlock & 1) * 4 * QuadBytes), bottom = top ^ 2 * QuadBytes;
        uint first = tile + (uint)((depthBlock * 8 * OuterQuads + (outerBlock >> 1) * 8) * QuadBytes);
        uint second = first + (uint)(4 * OuterQuads * QuadBytes);
        Fragment block;
        block.X = TensorCore.LoadShared(first + top);
        block.Y = TensorCore.LoadShared(first + bottom);
        block.Z = TensorCore.LoadShared(second + top);
        block.W = TensorCore.LoadShared(second + bottom);
        return block;
    }

    private void Fetch(uint address, TiledAnchor anchor, int outerIndex, int depth, int end)
    {
        if (TAccess.Quads)
        {
            int offset = TiledOperand.Offset(operand, anchor, depth, end);
            ArrayView<float> view = operand.View;
            TensorCore.CopyQuad(address, ref view[Math.Max(offset, 0)], offset < 0 ? 0 : QuadBytes);
            return;
        }
        Int4 offsets = TiledOperand.Offsets(operand, anchor, outerIndex, depth, end);
        Single(address, offsets.X);
        Single(address + 4, offsets.Y);
        Single(address + 8, offsets.Z);
        Single(address + 12, offsets.W);
    }

    private void Single(uint address, int offset)
    {
        ArrayView<float> view = operand.View;
        TensorCore.CopySingle(address, ref view[Math.Max(offset, 0)], offset < 0 ? 0 : sizeof(float));
    }
}
