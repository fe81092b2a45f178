using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// One operand's part of a stage: how a thread brings its share to shared memory, and how a lane reads it as fragments.
/// </summary>
/// <remarks>
/// It lies there as <see cref="AlongDepthLayout"/> tells, where the operand's neighbours in memory are neighbours in
/// depth, else as <see cref="AlongOuterBf16Layout{TExtent}"/> or <see cref="AlongOuterTf32Layout{TExtent}"/>.
/// </remarks>
internal readonly struct TensorCoreStage<TExtent, TAccess, TMath, TOperand>
    where TExtent : struct, ITileExtent
    where TAccess : struct, ITiledAccess
    where TMath : struct, ITensorCoreMath
    where TOperand : struct, ITiledOperand
{
    // Outer indices from one of a thread's quads to its next: as many as a group has threads for, each of which copies
    // a quad of one of the stage's depths. So a thread's quads, four of an extent of 128 and two of 64, are of one
    // depth, and its share of the offset is found once for all of them.
    private const int OuterStep = TensorCoreGemm.Threads / AlongDepthLayout.RowQuads;

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
    /// <param name="start">The block tile's first outer index.</param>
    /// <param name="thread">The thread's number in its group.</param>
    /// <param name="warpStart">The first outer index, within the block tile, of the thread's warp.</param>
    /// <param name="isColumns">
    /// Whether blocks are loaded with <see cref="LoadColumns"/>, else <see cref="Load"/>.
    /// </param>
    public TensorCoreStage(TOperand operand, int start, int thread, int warpStart, bool isColumns)
    {
        this.operand = operand;
        // ldmatrix: eight lanes name the rows of each of four matrices, of rows the first and the last eight outer
        // indices at one depth, then at the next; of columns both depths of the first eight, then of the last.
        int lane = thread & 31, matrix = lane >> 3;
        int outerHalf = isColumns ? matrix >> 1 : matrix & 1, depthHalf = isColumns ? matrix & 1 : matrix >> 1;
        if (TOperand.AlongDepth)
        {
            int row = thread / AlongDepthLayout.RowQuads, quad = thread & AlongDepthLayout.RowQuads - 1;
            outer = start + row;
            localDepth = quad * QuadLength;
            destination = AlongDepthLayout.Quad(row, quad);
            fragment = AlongDepthLayout.Fragment(warpStart, lane, outerHalf, depthHalf);
        }
        else
        {
            int row = thread / StepQuads, quad = thread & StepQuads - 1;
            outer = start + quad * QuadLength;
            localDepth = row;
            destination = TMath.OfBFloat16
                ? AlongOuterBf16Layout<TExtent>.Quad(row, quad)
                : AlongOuterTf32Layout<TExtent>.Quad(row, quad);
            fragment = TMath.OfBFloat16
                ? AlongOuterBf16Layout<TExtent>.Fragment(warpStart, lane, outerHalf, depthHalf)
                : AlongOuterTf32Layout<TExtent>.Fragment(warpStart, lane);
        }
        anchor0 = operand.Anchor(OuterInView(outer));
        anchor1 = operand.Anchor(OuterInView(outer + OuterStep));
        anchor2 = HasFour ? operand.Anchor(OuterInView(outer + 2 * OuterStep)) : anchor0;
        anchor3 = HasFour ? operand.Anchor(OuterInView(outer + 3 * OuterStep)) : anchor0;
    }

    /// <summary>Bytes of the operand's part of a stage.</summary>
    public static int Bytes => TExtent.Length * TensorCoreGemm.RowBytes;

    private static int QuadLength =>
        TMath.OfBFloat16 ? AlongOuterBf16Layout<TExtent>.QuadLength : AlongOuterTf32Layout<TExtent>.QuadLength;

    private static bool HasFour => TExtent.Length > Extent64.Length;

    private static int StepQuads => OuterStep / QuadLength;

    private static bool IsTransposed => TMath.OfBFloat16 && !TOperand.AlongDepth;

    // From one of a thread's quads to its next in shared memory.
    private static int CopyBytes =>
        TOperand.AlongDepth ? OuterStep * TensorCoreGemm.RowBytes : StepQuads * TensorCoreGemm.QuadBytes;

    /// <summary>
    /// Begins to copy this thread's quads of the stage at <paramref name="depth"/>; from <paramref name="end"/> on all
    /// is zero.
    /// </summary>
    public void Fetch(uint address, int depth, int end)
    {
        depth += localDepth;
        // Transposed, four quads on is bit 2 of the place, which the swizzle may have set: it is flipped, not added.
        uint first = address + destination;
        uint second = address + (IsTransposed ? destination ^ (uint)CopyBytes : destination + (uint)CopyBytes);
        Fetch(first, anchor0, outer, depth, end);
        Fetch(second, anchor1, outer + OuterStep, depth, end);
        if (HasFour)
        {
            Fetch(first + (uint)(2 * CopyBytes), anchor2, outer + 2 * OuterStep, depth, end);
            Fetch(second + (uint)(2 * CopyBytes), anchor3, outer + 3 * OuterStep, depth, end);
        }
    }

    /// <summary>
    /// A block of 16 outer indices and a depth of 8, of bfloat16 16, <paramref name="outerBlock"/> counted from the
    /// warp's first.
    /// </summary>
    /// <remarks>
    /// Where neighbours in memory are outer indices, a block is found by flipping bits of its place. So the warp's
    /// first index must be a multiple of 32; for bfloat16 of 64, where there are more than two blocks. Warpgroups,
    /// whose warps begin at any multiple of 16, ask for blocks 0 and 4 only.
    /// </remarks>
    public Fragment Load(uint address, int outerBlock, int depthBlock)
    {
        if (TOperand.AlongDepth)
            return AlongDepthLayout.Load(address, fragment, outerBlock, depthBlock);
        if (TMath.OfBFloat16)
            return AlongOuterBf16Layout<TExtent>.Load(address, fragment, outerBlock, depthBlock);
        return AlongOuterTf32Layout<TExtent>.Load(address, fragment, outerBlock, depthBlock);
    }

    /// <summary>
    /// As <see cref="Load"/>, with Y and Z exchanged: the instruction wants both depths of a column in registers that
    /// follow each other, and the assembler would have to move them there.
    /// </summary>
    public Fragment LoadColumns(uint address, int outerBlock, int depthBlock)
    {
        Fragment block = Load(address, outerBlock, depthBlock);
        // ldmatrix has been given its matrices in that order.
        if (TMath.OfBFloat16 || TOperand.AlongDepth)
            return block;
        Fragment exchanged = block;
        exchanged.Y = block.Z;
        exchanged.Z = block.Y;
        return exchanged;
    }

    /// <summary>An outer index as the operand counts: pairs, where neighbours in memory are.</summary>
    private static int OuterInView(int outerIndex) => IsTransposed ? outerIndex >> 1 : outerIndex;

    private void Fetch(uint address, TiledAnchor anchor, int outerIndex, int depth, int end)
    {
        if (TAccess.ReadsQuads)
        {
            int offset = TMath.OfBFloat16 && TOperand.AlongDepth
                ? TiledOperand.Offset(operand, anchor, depth >> 1, end >> 1)
                : TiledOperand.Offset(operand, anchor, depth, end);
            ArrayView<float> view = operand.View;
            TensorCore.CopyQuad(address, ref view[Math.Max(offset, 0)], offset < 0 ? 0 : TensorCoreGemm.QuadBytes);
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
