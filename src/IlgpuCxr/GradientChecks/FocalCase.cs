using System.Globalization;
using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;

namespace IlgpuCxr.GradientChecks;

/// <summary>The focal loss.</summary>
public class FocalCase : LossCase
{
    private readonly double[] targets;
    private readonly FocalOptions options;

    /// <summary>Creates the case.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets"><c>[N, C]</c>, from 0 to 1.</param>
    /// <param name="options">Alpha, gamma, and whether to average.</param>
    public FocalCase(LossShape shape, double[] logits, double[] targets, in FocalOptions options)
        : base("focal", Describe(shape, options), shape, logits)
    {
        this.targets = targets;
        this.options = options;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A power is an exponential of gamma times a logarithm, so that the product's rounding becomes a relative error of
    /// <c>gamma |log| u</c>, and |log| of a logit x is at most <c>|x| + log 2</c>. Each factor else rounds a few times,
    /// and a logarithm near 0 loses what its argument near 1 was rounded by. Terms of the loss all have the same sign.
    /// </remarks>
    public override Results Bounds()
    {
        Results at = Reference();
        double scale = options.Mean ? 1.0 / (Sizes.N * Sizes.C) : 1, logarithm = Logits.Max(Math.Abs) + Math.Log(2);
        double relative = (options.Gamma * (logarithm + 2) + 12) * Roundoff;
        double lossError =
            (relative + (Sizes.N + Sizes.C) * Roundoff) * at["loss"][0] + 2 * Roundoff * scale * Logits.Length;
        double[] gradient = [.. Logits.Select(_ => scale * relative * (1 + options.Gamma * logarithm))];
        return Both([lossError], gradient);
    }

    private protected override void Define(double[] loss, double[] gradLogits) =>
        FocalReference.Forward(loss, gradLogits, Logits, targets, options, Sizes);

    private protected override void Launch(
        ComputeDevice device, DeviceMemory memory, ArrayView<float> loss, ArrayView<float> gradLogits,
        ArrayView<float> logits)
    {
        ArrayView<float> labels = memory.Vector(targets);
        memory.Run(() => Focal.Forward(device, loss, gradLogits, logits, labels, options, Sizes));
    }

    private static string Describe(LossShape shape, in FocalOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"{shape}, alpha {options.Alpha} gamma {options.Gamma}{(options.Mean ? ", mean" : ", sum")}");
}
