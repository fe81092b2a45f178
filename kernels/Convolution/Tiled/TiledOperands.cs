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

/// <summary>
/// Forward, rows: output pixel (n, p, q) against tap and input channel (r, s, c) in the order of
/// <see cref="TapOrder"/>, an element of the input.
/// </summary>
internal readonly struct InputPatches(ArrayView<float> input, ConvolutionShape shape) : ITiledOperand
{
    private readonly int rows = shape.Output.Pixels, height = shape.H, width = shape.W, channels = shape.C;
    private readonly int stride = shape.Stride, padding = shape.Padding;
    private readonly FastDivisor byP = new(shape.P), byQ = new(shape.Q);
    private readonly TapOrder order = new(shape.R, shape.S, shape.C);

    public static bool AlongDepth => true;

    public ArrayView<float> View { get; } = input;

    public TiledAnchor Anchor(int outer)
    {
        if (outer >= rows)
            return TiledAnchor.PastTheEdge;
        int n = byP.Divide(byQ.Divide(outer, out int q), out int p);
        int h = p * stride - padding, w = q * stride - padding;
        return new TiledAnchor(((n * height + h) * width + w) * channels, h, w);
    }

    public int Offset(TiledAnchor anchor, int depth)
    {
        int c = order.Channel(depth, out int r, out int s);
        bool inside = (uint)(anchor.Row + r) < (uint)height & (uint)(anchor.Column + s) < (uint)width;
        int offset = anchor.Start + (r * width + s) * channels + c;
        return inside ? offset : TiledAnchor.Outside;
    }
}

/// <summary>Forward, columns: output channel k against (r, s, c), an element of the weights.</summary>
internal readonly struct Filters(ArrayView<float> weights, ConvolutionShape shape) : ITiledOperand
{
    private readonly int columns = shape.K, pitch = shape.R * shape.S * shape.C, channels = shape.C;
    private readonly TapOrder order = new(shape.R, shape.S, shape.C);

    public static bool AlongDepth => true;

    public ArrayView<float> View { get; } = weights;

    public TiledAnchor Anchor(int outer) =>
        outer < columns ? new TiledAnchor(outer * pitch, 0, 0) : TiledAnchor.PastTheEdge;

    public int Offset(TiledAnchor anchor, int depth)
    {
        int c = order.Channel(depth, out int tap);
        int offset = anchor.Start + tap * channels + c;
        return anchor.Start < 0 ? TiledAnchor.Outside : offset;
    }
}

/// <summary>
/// Backward-data, rows: input pixel of a phase against tap of the phase and output channel, an element of the output's
/// gradient.
/// </summary>
internal readonly struct GradOutputPatches(
    ArrayView<float> gradOutput, ConvolutionShape shape, StridePhase phase) : ITiledOperand
{
    private readonly int rows = phase.Pixels, height = shape.P, width = shape.Q, channels = shape.K;
    private readonly int firstP = phase.FirstP, firstQ = phase.FirstQ;
    private readonly FastDivisor byRows = new(phase.Rows), byColumns = new(phase.Columns);
    private readonly TapOrder order = new(phase.TapRows, phase.TapColumns, shape.K);

    public static bool AlongDepth => true;

    public ArrayView<float> View { get; } = gradOutput;

    public TiledAnchor Anchor(int outer)
    {
        if (outer >= rows)
            return TiledAnchor.PastTheEdge;
        int n = byRows.Divide(byColumns.Divide(outer, out int column), out int row);
        int p = firstP + row, q = firstQ + column;
        return new TiledAnchor(((n * height + p) * width + q) * channels, p, q);
    }

    public int Offset(TiledAnchor anchor, int depth)
    {
        int k = order.Channel(depth, out int i, out int j);
        bool inside = (uint)(anchor.Row - i) < (uint)height & (uint)(anchor.Column - j) < (uint)width;
        int offset = anchor.Start - (i * width + j) * channels + k;
        return inside ? offset : TiledAnchor.Outside;
    }
}

/// <summary>
/// Backward-data, columns: input channel c against tap of the phase and output channel, an element of the weights.
/// </summary>
internal readonly struct PhaseFilters(
    ArrayView<float> weights, ConvolutionShape shape, StridePhase phase) : ITiledOperand
{
    private readonly int columns = shape.C, taps = shape.R * shape.S, width = shape.S, stride = shape.Stride;
    private readonly int firstTap = phase.FirstR * shape.S + phase.FirstS;
    private readonly TapOrder order = new(phase.TapRows, phase.TapColumns, shape.K);

    public static bool AlongDepth => false;

    public ArrayView<float> View { get; } = weights;

    public TiledAnchor Anchor(int outer) => outer < columns ? new TiledAnchor(outer, 0, 0) : TiledAnchor.PastTheEdge;

    public int Offset(TiledAnchor anchor, int depth)
    {
        int k = order.Channel(depth, out int i, out int j);
        int tap = firstTap + (i * width + j) * stride;
        int offset = (k * taps + tap) * columns + anchor.Start;
        return anchor.Start < 0 ? TiledAnchor.Outside : offset;
    }
}

/// <summary>
/// Backward-weights, rows: output channel k against output pixel (n, p, q), an element of the output's gradient.
/// </summary>
internal readonly struct GradOutputPixels(ArrayView<float> gradOutput, ConvolutionShape shape) : ITiledOperand
{
    private readonly int rows = shape.K;

    public static bool AlongDepth => false;

    public ArrayView<float> View { get; } = gradOutput;

    public TiledAnchor Anchor(int outer) => outer < rows ? new TiledAnchor(outer, 0, 0) : TiledAnchor.PastTheEdge;

    public int Offset(TiledAnchor anchor, int depth) =>
        anchor.Start < 0 ? TiledAnchor.Outside : depth * rows + anchor.Start;
}

/// <summary>
/// Backward-weights, columns: tap and input channel (r, s, c) in the order of <see cref="TapOrder"/> against output
/// pixel (n, p, q), an element of the input.
/// </summary>
/// <remarks>
/// So a tile's 128 columns are eight taps of 16 channels. Their pixels overlap: what one tap has brought, the other
/// seven find in the first-level cache. In the order of memory the columns would be all channels of one or two taps,
/// which share little.
/// </remarks>
internal readonly struct InputTaps(ArrayView<float> input, ConvolutionShape shape) : ITiledOperand
{
    private readonly int columns = shape.R * shape.S * shape.C, height = shape.H, width = shape.W, channels = shape.C;
    private readonly int stride = shape.Stride, padding = shape.Padding;
    private readonly FastDivisor byP = new(shape.P), byQ = new(shape.Q);
    private readonly TapOrder order = new(shape.R, shape.S, shape.C);

    public static bool AlongDepth => false;

    public ArrayView<float> View { get; } = input;

    public TiledAnchor Anchor(int outer)
    {
        if (outer >= columns)
            return TiledAnchor.PastTheEdge;
        int c = order.Channel(outer, out int r, out int s);
        return new TiledAnchor(c, r - padding, s - padding);
    }

    public int Offset(TiledAnchor anchor, int depth)
    {
        int n = byP.Divide(byQ.Divide(depth, out int q), out int p);
        int h = p * stride + anchor.Row, w = q * stride + anchor.Column;
        bool inside = (uint)h < (uint)height & (uint)w < (uint)width;
        int offset = ((n * height + h) * width + w) * channels + anchor.Start;
        return inside ? offset : TiledAnchor.Outside;
    }
}
