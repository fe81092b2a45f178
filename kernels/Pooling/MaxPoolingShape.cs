using System.Globalization;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Pooling;

/// <summary>The sizes of a maximum pooling, and the index maths that all its kernels share.</summary>
/// <param name="N">Images in the batch.</param>
/// <param name="H">Input rows.</param>
/// <param name="W">Input columns.</param>
/// <param name="C">Channels.</param>
/// <param name="Window">Rows and columns of the window, at most <see cref="MaxWindow"/>.</param>
/// <param name="Stride">Step between neighbouring windows, in input pixels.</param>
/// <param name="Padding">
/// Rows and columns of -∞ around the input; at most half the window, so that every window holds a pixel.
/// </param>
/// <remarks>
/// <code>
/// input  [N, H, W, C]
/// output [N, P, Q, C]        P = ⌊(H + 2 padding - window) / stride⌋ + 1,  Q likewise from W
///
/// output[n, p, q, c] = max r,s  input[n, p·stride - padding + r, q·stride - padding + s, c]        0 ≤ r, s &lt; window
///
/// positions[n, p, q, c] = r·window + s, one byte, where that maximum is
/// </code>
/// What is computed is PyTorch's
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html">MaxPool2d</see>.
/// </remarks>
public readonly record struct MaxPoolingShape(int N, int H, int W, int C, int Window, int Stride, int Padding)
{
    /// <summary>Rows and columns of the largest window whose positions, and one more number, a byte can hold.</summary>
    public const int MaxWindow = 15;

    /// <summary>The byte of a maximum that passes no gradient on: no window has this position.</summary>
    internal const byte NoPosition = 255;

    /// <summary>Output rows.</summary>
    public int P => (H + 2 * Padding - Window) / Stride + 1;

    /// <summary>Output columns.</summary>
    public int Q => (W + 2 * Padding - Window) / Stride + 1;

    /// <summary><c>[N, H, W, C]</c></summary>
    public TensorShape Input => new(N, H, W, C);

    /// <summary><c>[N, P, Q, C]</c></summary>
    public TensorShape Output => new(N, P, Q, C);

    /// <summary>The floats in whose memory the positions lie, <c>[N, P, Q, C]</c> bytes.</summary>
    public TensorShape Positions => TensorShape.Vector((int)((Output.Count + sizeof(float) - 1) / sizeof(float)));

    /// <summary>
    /// Bytes that one pass must move at least: the input's side once, the output's side and the positions once.
    /// </summary>
    /// <param name="elementType">How the elements of both sides lie in memory.</param>
    /// <param name="hasPositions">Whether there are positions.</param>
    public double Bytes(ElementType elementType, bool hasPositions) =>
        (double)elementType.Size() * (Input.Count + Output.Count) + (hasPositions ? Output.Count : 0);

    /// <summary>The shape as <c>n16 112x112x64 -> 56x56x64, window 3 stride 2 padding 1</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"n{N} {H}x{W}x{C} -> {P}x{Q}x{C}, window {Window} stride {Stride} padding {Padding}");

    /// <summary>
    /// Requires outputs to exist, each with a pixel, and bytes to hold positions; <see cref="P"/> and <see cref="Q"/>
    /// are right only then.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// There are none, or one is of padding alone; or the window is too large.
    /// </exception>
    internal void Require()
    {
        if (Window < 1 || Stride < 1 || Padding < 0 || Padding > Window / 2 || Math.Min(H, W) + 2L * Padding < Window)
        {
            throw new ArgumentException(
                $"Max pooling of {Window}x{Window} with stride {Stride} and padding {Padding} has no outputs on {H}x{W} pixels; take windows no larger than the padded input, a stride of at least 1 and a padding of 0 to half a window.");
        }
        if (Window > MaxWindow)
        {
            throw new ArgumentException(
                $"Max pooling of {Window}x{Window} has more positions in a window than a byte can tell apart; take windows of at most {MaxWindow}x{MaxWindow}, or two poolings one after the other.");
        }
    }

    /// <summary>Where an input pixel lies in the window of an output that holds it, <c>r·window + s</c>.</summary>
    internal int Position(int p, int q, int h, int w) =>
        (h + Padding - p * Stride) * Window + w + Padding - q * Stride;

    // The rows [FirstRow(p), EndRow(p)) are those of window row p that lie inside the input; columns likewise.

    internal int FirstRow(int p) => Math.Max(0, p * Stride - Padding);

    internal int EndRow(int p) => Math.Min(H, p * Stride - Padding + Window);

    internal int FirstColumn(int q) => Math.Max(0, q * Stride - Padding);

    internal int EndColumn(int q) => Math.Min(W, q * Stride - Padding + Window);

    // The window rows [FirstWindowRow(h), EndWindowRow(h)) are those that hold input row h: p·stride ≤ h + padding <
    // p·stride + window. Quotients are taken of numbers ≥ 0 only, where rounding down and C#'s rounding towards zero
    // agree.

    internal int FirstWindowRow(int h) => FirstWindow(h + Padding);

    internal int EndWindowRow(int h) => Math.Min(P, (h + Padding) / Stride + 1);

    internal int FirstWindowColumn(int w) => FirstWindow(w + Padding);

    internal int EndWindowColumn(int w) => Math.Min(Q, (w + Padding) / Stride + 1);

    private int FirstWindow(int padded) => padded < Window ? 0 : (padded - Window) / Stride + 1;
}
