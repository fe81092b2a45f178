using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

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
/// So a block tile's 128 columns are eight taps of 16 channels. Their pixels overlap: what one tap has brought, the
/// other seven find in the first-level cache. In the order of memory the columns would be all channels of one or two
/// taps, which share little.
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
