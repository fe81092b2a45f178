using System.Globalization;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>The sizes of an adaptive average pooling, and the index maths that all its kernels share.</summary>
/// <param name="N">Images in the batch.</param>
/// <param name="H">Input rows.</param>
/// <param name="W">Input columns.</param>
/// <param name="C">Channels.</param>
/// <param name="P">Output rows.</param>
/// <param name="Q">Output columns.</param>
/// <remarks>
/// <code>
/// input  [N, H, W, C]        rows(p) = ⌊p H / P⌋ … ⌈(p + 1) H / P⌉ - 1,  columns(q) likewise from W and Q
/// output [N, P, Q, C]
///
/// output[n, p, q, c] = mean of input[n, h, w, c] over h in rows(p), w in columns(q)
/// </code>
/// Windows overlap where P does not divide H, and repeat where P is greater than H. What is computed is PyTorch's
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html">AdaptiveAvgPool2d</see>.
/// </remarks>
public readonly record struct AdaptiveAveragePoolingShape(int N, int H, int W, int C, int P, int Q)
{
    /// <summary><c>[N, H, W, C]</c></summary>
    public TensorShape Input => new(N, H, W, C);

    /// <summary><c>[N, P, Q, C]</c></summary>
    public TensorShape Output => new(N, P, Q, C);

    /// <summary>Floating-point operations of one pass: an addition for each element of the larger side.</summary>
    public double Flops => Math.Max(Input.Count, Output.Count);

    /// <summary>Bytes that one pass must move at least: one side read, one written, the output's of singles.</summary>
    /// <param name="inputType">How the input's elements lie in memory.</param>
    public double Bytes(ElementType inputType) =>
        (double)inputType.Size() * Input.Count + (double)sizeof(float) * Output.Count;

    /// <summary>The shape as <c>n16 7x7x512 -> 1x1x512</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"n{N} {H}x{W}x{C} -> {P}x{Q}x{C}");

    /// <summary>Requires the products below to be numbers that an index can be.</summary>
    /// <exception cref="ArgumentException">They are larger.</exception>
    internal void Require()
    {
        // The largest numerator is that of ⌈H P / P⌉, or of ⌈P H / H⌉ backward: H P and the divisor. In 64 bits kernels
        // would need no bound, but a GPU takes some hundred instructions for such a division, and no image is so long.
        if ((long)H * P + Math.Max(H, P) > int.MaxValue || (long)W * Q + Math.Max(W, Q) > int.MaxValue)
        {
            throw new ArgumentException(
                $"Adaptive average pooling counts windows in products of input and output lengths up to 2³¹ - 1, which {this} exceeds; take smaller images or fewer outputs.");
        }
    }

    // Window row p is the input rows [FirstRow(p), EndRow(p)); columns likewise.

    internal int FirstRow(int p) => p * H / P;

    internal int EndRow(int p) => Ceiling.Divide((p + 1) * H, P);

    internal int FirstColumn(int q) => q * W / Q;

    internal int EndColumn(int q) => Ceiling.Divide((q + 1) * W, Q);

    // The windows that hold row h satisfy p H < (h + 1) P and (p + 1) H > h P: the same maths with input and output
    // exchanged.

    internal int FirstWindowRow(int h) => h * P / H;

    internal int EndWindowRow(int h) => Ceiling.Divide((h + 1) * P, H);

    internal int FirstWindowColumn(int w) => w * Q / W;

    internal int EndWindowColumn(int w) => Ceiling.Divide((w + 1) * Q, W);

    internal int WindowSize(int p, int q) => (EndRow(p) - FirstRow(p)) * (EndColumn(q) - FirstColumn(q));
}
