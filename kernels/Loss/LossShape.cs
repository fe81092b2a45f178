using System.Globalization;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>The sizes of a loss over a batch of logits <c>[N, C]</c>.</summary>
/// <param name="N">Images in the batch.</param>
/// <param name="C">Classes.</param>
public readonly record struct LossShape(int N, int C)
{
    /// <summary>Bytes that a loss must move at least: logits read, their gradient written.</summary>
    public double Bytes => 2.0 * sizeof(float) * N * C;

    /// <summary>The shape as <c>n32 c2</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"n{N} c{C}");
}
