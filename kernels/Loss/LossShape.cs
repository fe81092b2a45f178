using System.Globalization;
using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>The sizes of a loss: logits <c>[N, C]</c>.</summary>
/// <param name="N">Rows of the batch.</param>
/// <param name="C">Classes or labels.</param>
public readonly record struct LossShape(int N, int C)
{
    /// <summary>Bytes that a loss must move at least: logits read, their gradient written.</summary>
    public double Bytes => 2.0 * sizeof(float) * N * C;

    /// <summary>Requires the sizes of what every loss has; the targets' are its own.</summary>
    /// <exception cref="ArgumentException">Something has another.</exception>
    internal void Require(
        ComputeDevice device, ArrayView<float> loss, ArrayView<float> gradLogits, ArrayView<float> logits)
    {
        Sizes.RequireElements(TensorShape.Matrix(N, C));
        Sizes.Require(device, loss, 1);
        Sizes.RequireOrEmpty(device, gradLogits, (long)N * C);
        Sizes.Require(device, logits, (long)N * C);
    }

    /// <summary>The shape as <c>n16 2</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"n{N} {C}");
}
