using ILGPU;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;

namespace IlgpuCxr.Training;

/// <summary>The loss of a run, computed on a batch's logits together with its gradient.</summary>
public sealed class Criterion
{
    private readonly LossKind kind;
    private readonly FocalOptions focal;

    /// <summary>Chooses a loss.</summary>
    /// <param name="kind">Which loss.</param>
    /// <param name="focal">What the focal loss is told; the others ignore it.</param>
    /// <exception cref="UsageException">A value is out of range; the message names the option.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such loss.</exception>
    public Criterion(LossKind kind, FocalOptions focal)
    {
        if (!Enum.IsDefined(kind))
            throw new ArgumentOutOfRangeException(
                nameof(kind), kind, $"There is no such loss; use one of {string.Join(", ", Enum.GetNames<LossKind>())}.");
        Validate(focal);
        this.kind = kind;
        this.focal = focal;
    }

    /// <summary>Cross entropy, for networks that are not trained on labels.</summary>
    public static Criterion CrossEntropy { get; } = new(LossKind.CrossEntropy, FocalOptions.Study);

    /// <summary>Whether losses are summed over images and labels; otherwise they are averaged.</summary>
    public bool Sums => kind == LossKind.Focal && !focal.Mean;

    /// <summary>Computes the loss of a batch, and its gradient where one is wanted.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="loss"><c>[1]</c></param>
    /// <param name="gradLogits"><c>[N, C]</c>, or empty where no gradient is wanted.</param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets">What the images are.</param>
    /// <param name="shape">The sizes.</param>
    public void Forward(
        ComputeDevice device, ArrayView<float> loss, ArrayView<float> gradLogits, ArrayView<float> logits,
        BatchTargets targets, in LossShape shape)
    {
        switch (kind)
        {
            case LossKind.CrossEntropy:
                SoftmaxCrossEntropy.Forward(device, loss, gradLogits, logits, targets.Classes, shape);
                break;
            case LossKind.BinaryCrossEntropy:
                BinaryCrossEntropy.Forward(device, loss, gradLogits, logits, targets.Labels, shape);
                break;
            default:
                Focal.Forward(device, loss, gradLogits, logits, targets.Labels, focal, shape);
                break;
        }
    }

    /// <summary>Checks the ranges of what the focal loss is told.</summary>
    /// <exception cref="UsageException">A value is out of range; the message names the option.</exception>
    internal static void Validate(FocalOptions focal)
    {
        UsageException.Require(
            focal.Alpha is >= 0 and <= 1, UsageException.OutOfRange("--alpha", focal.Alpha, "a number from 0 to 1"));
        UsageException.Require(
            focal.Gamma >= 0 && float.IsFinite(focal.Gamma),
            UsageException.OutOfRange("--gamma", focal.Gamma, "0 or a positive number"));
    }
}
