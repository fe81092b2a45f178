using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// One thread's part in bringing an operand's next stage from global to shared memory: a quad, or two of a small one.
/// </summary>
/// <remarks>
/// A stage lies in shared memory as <c>[depth][outer]</c>, so that a step of the product reads neighbours. A quad along
/// the outer index is stored as it is; a quad along the depth is stored as four floats, one in each of four rows. The
/// quads are fetched before a stage's arithmetic and stored after it: they are the second buffer's way through the
/// registers, and global memory's latency passes during the arithmetic.
/// </remarks>
internal struct TiledStage<TExtent, TAccess, TOperand>
    where TExtent : struct, ITileExtent
    where TAccess : struct, ITiledAccess
    where TOperand : struct, ITiledOperand
{
    private readonly TOperand operand;
    private readonly int outer;
    private readonly int localOuter;
    private readonly int localDepth;
    private readonly TiledAnchor anchor0;
    private readonly TiledAnchor anchor1;
    private Float4 quad0;
    private Float4 quad1;

    /// <param name="operand">The operand.</param>
    /// <param name="start">The block tile's first outer index.</param>
    /// <param name="thread">The thread's number in its group.</param>
    public TiledStage(TOperand operand, int start, int thread)
    {
        this.operand = operand;
        quad0 = default;
        quad1 = default;
        int quads = TOperand.AlongDepth ? TiledGemm.StageDepth / 4 : TExtent.Length / 4;
        int slow = thread / quads, fast = (thread - slow * quads) * 4;
        localOuter = TOperand.AlongDepth ? slow : fast;
        localDepth = TOperand.AlongDepth ? fast : slow;
        outer = start + localOuter;
        anchor0 = operand.Anchor(outer);
        anchor1 = HasSecond && TOperand.AlongDepth ? operand.Anchor(outer + SecondOuter) : anchor0;
    }

    // The threads of a small block tile cover half of a stage at a time: half its outer indices or half its depth.
    private static bool HasSecond => TExtent.Length * TiledGemm.StageDepth / 4 > TiledGemm.Threads(TExtent.Length);

    private static int SecondOuter => TOperand.AlongDepth ? TExtent.Length / 2 : 0;

    private static int SecondDepth => TOperand.AlongDepth ? 0 : TiledGemm.StageDepth / 2;

    /// <summary>
    /// Begins to read this thread's quads of the stage at <paramref name="depth"/>; from <paramref name="end"/> on all
    /// is zero.
    /// </summary>
    public void Fetch(int depth, int end)
    {
        quad0 = Fetch(anchor0, outer, depth + localDepth, end);
        if (HasSecond)
            quad1 = Fetch(anchor1, outer + SecondOuter, depth + localDepth + SecondDepth, end);
    }

    /// <summary>Writes the quads to their places in a buffer.</summary>
    public readonly void Store(ArrayView<Float4> buffer)
    {
        Store(buffer, quad0, localOuter, localDepth);
        if (HasSecond)
            Store(buffer, quad1, localOuter + SecondOuter, localDepth + SecondDepth);
    }

    private readonly Float4 Fetch(TiledAnchor anchor, int outerIndex, int depth, int end)
    {
        if (TAccess.ReadsQuads)
            return TiledGemm.LoadQuad(operand.View, TiledOperand.Offset(operand, anchor, depth, end));
        Int4 offsets = TiledOperand.Offsets(operand, anchor, outerIndex, depth, end);
        Float4 quad;
        quad.X = TiledGemm.LoadSingle(operand.View, offsets.X);
        quad.Y = TiledGemm.LoadSingle(operand.View, offsets.Y);
        quad.Z = TiledGemm.LoadSingle(operand.View, offsets.Z);
        quad.W = TiledGemm.LoadSingle(operand.View, offsets.W);
        return quad;
    }

    private static void Store(ArrayView<Float4> buffer, Float4 quad, int outerIndex, int depth)
    {
        int pitch = TiledGemm.QuadPitch(TExtent.Length);
        if (!TOperand.AlongDepth)
        {
            buffer[depth * pitch + (outerIndex >> 2)] = quad;
            return;
        }
        ArrayView<float> column = buffer.Cast<float>().SubView(depth * pitch * 4 + outerIndex);
        column[0] = quad.X;
        column[pitch * 4] = quad.Y;
        column[pitch * 8] = quad.Z;
        column[pitch * 12] = quad.W;
    }
}
