using System.Globalization;
using IlgpuCxr.Kernels.Convolution;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Linear;

/// <summary>The sizes of a linear layer.</summary>
/// <param name="N">Rows of the batch.</param>
/// <param name="In">Input features.</param>
/// <param name="Out">Output features.</param>
/// <remarks>
/// <code>
/// input [N, In]        weights [Out, In]        bias [Out]        output [N, Out]
///
/// output[n, k] = bias[k] + Σ c  input[n, c] · weights[k, c]
/// </code>
/// What is computed is PyTorch's
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html">Linear</see>.
/// </remarks>
public readonly record struct LinearShape(int N, int In, int Out)
{
    /// <summary><c>[N, In]</c></summary>
    public TensorShape Input => TensorShape.Matrix(N, In);

    /// <summary><c>[N, Out]</c></summary>
    public TensorShape Output => TensorShape.Matrix(N, Out);

    /// <summary><c>[Out, In]</c></summary>
    public TensorShape Weights => TensorShape.Matrix(Out, In);

    /// <summary>The same as a convolution: a 1x1 filter over images of one pixel.</summary>
    public ConvolutionShape Convolution => new(N, 1, 1, In, Out, 1, 1, 1, 0);

    /// <summary>
    /// Floating-point operations of one pass (forward, backward-data or backward-weights), a multiply-add counted as
    /// two.
    /// </summary>
    public double Flops => 2.0 * N * In * Out;

    /// <summary>Bytes that one pass must move at least: two of the three matrices read, one written.</summary>
    public double Bytes => sizeof(float) * (double)(Input.Count + Output.Count + Weights.Count);

    /// <summary>The shape as <c>n16 512 -> 130</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"n{N} {In} -> {Out}");
}
