using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;

namespace IlgpuCxr.GradientChecks;

/// <summary>Softmax and cross entropy.</summary>
public class SoftmaxCrossEntropyCase : LossCase
{
    private readonly int[] targets;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets"><c>[N]</c>, from 0 to C - 1.</param>
    public SoftmaxCrossEntropyCase(LossShape shape, double[] logits, int[] targets)
        : base("softmax cross entropy", shape.ToString(), shape, logits) => this.targets = targets;

    /// <inheritdoc/>
    /// <remarks>
    /// A difference of logits is rounded before the exponential, which turns that into a relative error of the
    /// exponential; the exponential itself, c additions, the quotient and the difference from 1 round a few times more.
    /// </remarks>
    public override Results Bounds()
    {
        Results at = Reference();
        double error = (Logits.Max() - Logits.Min() + Sizes.C + 8) * Roundoff;
        double lossError = error + (Sizes.N + 4) * Roundoff * at["loss"][0];
        double[] gradient = [.. Enumerable.Repeat(error / Sizes.N, Logits.Length)];
        return Both([lossError], gradient);
    }

    private protected override void Define(double[] loss, double[] gradLogits) =>
        SoftmaxCrossEntropyReference.Forward(loss, gradLogits, Logits, targets, Sizes);

    private protected override void Launch(
        ComputeDevice device, DeviceMemory memory, ArrayView<float> loss, ArrayView<float> gradLogits,
        ArrayView<float> logits)
    {
        ArrayView<int> classes = memory.Vector(targets);
        memory.Run(() => SoftmaxCrossEntropy.Forward(device, loss, gradLogits, logits, classes, Sizes));
    }
}
