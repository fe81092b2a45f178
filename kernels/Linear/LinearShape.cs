using System.Globalization;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Linear;

/// <summary>The sizes of a linear layer.</summary>
/// <param name="N">Rows of the batch.</param>
/// <param name="In">Features that arrive.</param>
/// <param name="Out">Features that leave.</param>
/// <remarks>
/// <code>
/// input [N, In]    weights [Out, In]    bias [Out]    output [N, Out]
///
/// output[n, o] = bias[o] + Σ i  input[n, i] · weights[o, i]
/// </code>
/// </remarks>
public readonly record struct LinearShape(int N, int In, int Out)
{
    /// <summary><c>[N, In]</c></summary>
    public TensorShape Input => TensorShape.Matrix(N, In);

    /// <summary><c>[N, Out]</c></summary>
    public TensorShape Output => TensorShape.Matrix(N, Out);

    /// <summary><c>[Out, In]</c></summary>
    public TensorShape Weights => TensorShape.Matrix(Out, In);

    /// <summary>Floating-point operations of one pass, a multiply-add counted as two.</summary>
    public double Flops => 2.0 * N * In * Out;

    /// <summary>Bytes that one pass must move at least.</summary>
    public double Bytes => sizeof(float) * (double)(Input.Count + Output.Count + Weights.Count);

    /// <summary>The same layer as a convolution: a 1x1 window over images of one pixel.</summary>
    public ConvolutionShape AsConvolution => new(N, 1, 1, In, Out, 1, 1, Stride: 1, Padding: 0);

    /// <summary>The shape as <c>n32 512 -> 130</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"n{N} {In} -> {Out}");
}
