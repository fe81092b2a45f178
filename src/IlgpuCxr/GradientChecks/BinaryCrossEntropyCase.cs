using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;

namespace IlgpuCxr.GradientChecks;

/// <summary>Binary cross entropy with logits.</summary>
public class BinaryCrossEntropyCase : LossCase
{
    private readonly double[] targets;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets"><c>[N, C]</c>, from 0 to 1.</param>
    public BinaryCrossEntropyCase(LossShape shape, double[] logits, double[] targets)
        : base("binary cross entropy", shape.ToString(), shape, logits) => this.targets = targets;

    /// <inheritdoc/>
    /// <remarks>
    /// Every term of the loss is at least 0, so that a term's relative errors (an exponential, a logarithm, a product
    /// or two: less than 8 roundings) and those of the additions stay relative to the sum. A logarithm near 0 loses
    /// what its argument near 1 was rounded by, once more u.
    /// </remarks>
    public override Results Bounds()
    {
        Results at = Reference();
        double lossError = (Sizes.N + Sizes.C + 8) * Roundoff * at["loss"][0] + 2 * Roundoff;
        double[] gradient = [.. Enumerable.Repeat(8 * Roundoff / (Sizes.N * Sizes.C), Logits.Length)];
        return Both([lossError], gradient);
    }

    private protected override void Define(double[] loss, double[] gradLogits) =>
        BinaryCrossEntropyReference.Forward(loss, gradLogits, Logits, targets, Sizes);

    private protected override void Launch(
        ComputeDevice device, DeviceMemory memory, ArrayView<float> loss, ArrayView<float> gradLogits,
        ArrayView<float> logits)
    {
        ArrayView<float> labels = memory.Vector(targets);
        memory.Run(() => BinaryCrossEntropy.Forward(device, loss, gradLogits, logits, labels, Sizes));
    }
}
