using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

/// <summary>
/// One factor of a matrix product whose matrix is never built: where its element (outer, depth) lies in a tensor.
/// </summary>
/// <remarks>
/// "Outer" is the index that the factor shares with the result, its row or its column; "depth" is the index summed
/// over. An element that is not in the tensor (padding, or past the matrix's edge) has offset
/// <see cref="TiledAnchor.Outside"/>: it is zero.
/// </remarks>
internal interface ITiledOperand
{
    /// <summary>
    /// Whether neighbours in memory are neighbours in depth; else they are neighbours in the outer index.
    /// </summary>
    static abstract bool AlongDepth { get; }

    /// <summary>The tensor.</summary>
    ArrayView<float> View { get; }

    /// <summary>What of the offset depends on the outer index alone.</summary>
    TiledAnchor Anchor(int outer);

    /// <summary>
    /// The offset of an element; <paramref name="depth"/> is in range, the anchor's outer index may be past the edge.
    /// </summary>
    int Offset(TiledAnchor anchor, int depth);
}

/// <summary>What all operands share.</summary>
internal static class TiledOperand
{
    /// <summary>
    /// The offset of an element, <see cref="TiledAnchor.Outside"/> from the depth <paramref name="end"/> on.
    /// </summary>
    /// <remarks>
    /// It is computed also where it is not wanted: that takes fewer instructions than a branch around it.
    /// </remarks>
    public static int Offset<TOperand>(TOperand operand, TiledAnchor anchor, int depth, int end)
        where TOperand : struct, ITiledOperand
    {
        int offset = operand.Offset(anchor, depth);
        return depth < end ? offset : TiledAnchor.Outside;
    }

    /// <summary>
    /// The offsets of four neighbours, along the depth or along the outer index as the tensor has them, that are read
    /// one by one.
    /// </summary>
    public static Int4 Offsets<TOperand>(TOperand operand, TiledAnchor anchor, int outer, int depth, int end)
        where TOperand : struct, ITiledOperand
    {
        Int4 offsets;
        offsets.X = Offset(operand, anchor, depth, end);
        if (TOperand.AlongDepth)
        {
            offsets.Y = Offset(operand, anchor, depth + 1, end);
            offsets.Z = Offset(operand, anchor, depth + 2, end);
            offsets.W = Offset(operand, anchor, depth + 3, end);
        }
        else
        {
            offsets.Y = Offset(operand, operand.Anchor(outer + 1), depth, end);
            offsets.Z = Offset(operand, operand.Anchor(outer + 2), depth, end);
            offsets.W = Offset(operand, operand.Anchor(outer + 3), depth, end);
        }
        return offsets;
    }
}

/// <summary>A position to which the depth's share is added: an element, and for images its row and column.</summary>
internal readonly struct TiledAnchor(int start, int row, int column)
{
    /// <summary>The offset of an element that counts as zero.</summary>
    public const int Outside = -1;

    // Any row that no filter moves back into an image: the test of the coordinates then covers the matrix's edge too.
    private const int FarAway = int.MinValue / 2;

    /// <summary>
    /// The offset of the position's first tap; negative where that lies in the padding above the first image.
    /// </summary>
    public int Start { get; } = start;

    public int Row { get; } = row;

    public int Column { get; } = column;

    public static TiledAnchor PastTheEdge => new(Outside, FarAway, FarAway);
}
