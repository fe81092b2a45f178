using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Convolution;

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
