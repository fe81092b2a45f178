using ILGPU;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;

namespace IlgpuCxr.Training;

/// <summary>The loss of a run, computed on a batch's logits together with its gradient.</summary>
/// <param name="kind">Which loss.</param>
/// <param name="focal">What the focal loss is told.</param>
public sealed class Criterion(LossKind kind, FocalOptions focal)
{
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
}
