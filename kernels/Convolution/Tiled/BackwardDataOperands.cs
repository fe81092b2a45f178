using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

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
/// <param name="weights"><c>[K, R, S, C]</c></param>
/// <param name="shape">The sizes.</param>
/// <param name="phase">The phase.</param>
/// <param name="block">Output channels of a block of the depth's order.</param>
internal readonly struct PhaseFilters(
    ArrayView<float> weights, ConvolutionShape shape, StridePhase phase, int block = TapOrder.MaxBlock) : ITiledOperand
{
    private readonly int columns = shape.C, taps = shape.R * shape.S, width = shape.S, stride = shape.Stride;
    private readonly int firstTap = phase.FirstR * shape.S + phase.FirstS;
    private readonly TapOrder order = new(phase.TapRows, phase.TapColumns, shape.K, block);

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
