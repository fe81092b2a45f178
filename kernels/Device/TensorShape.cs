using System.Globalization;

namespace IlgpuCxr.Kernels.Device;

/// <summary>The extents of a tensor, <c>[N, H, W, C]</c>: channels are contiguous in memory.</summary>
/// <param name="N">Images in the batch.</param>
/// <param name="H">Rows.</param>
/// <param name="W">Columns.</param>
/// <param name="C">Channels.</param>
/// <remarks>
/// Convolution weights are <c>[K, R, S, C]</c> in the same order; a matrix <c>[N, C]</c> has one row and one column.
/// </remarks>
public readonly record struct TensorShape(int N, int H, int W, int C)
{
    /// <summary>A matrix <c>[N, C]</c>, the shape of features after the last pooling.</summary>
    public static TensorShape Matrix(int n, int c) => new(n, 1, 1, c);

    /// <summary>A vector <c>[C]</c>.</summary>
    public static TensorShape Vector(int c) => new(1, 1, 1, c);

    /// <summary>Number of elements.</summary>
    public long Count => (long)N * H * W * C;

    /// <summary>Number of pixels, <c>N H W</c>.</summary>
    public int Pixels => N * H * W;

    /// <summary>The shape as <c>2x56x56x64</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{N}x{H}x{W}x{C}");
}
