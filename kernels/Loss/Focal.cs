using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>The focal loss on logits; <see cref="FocalReference"/> has the formula.</summary>
/// <remarks>
/// See torchvision's
/// <see href="https://docs.pytorch.org/vision/stable/generated/torchvision.ops.sigmoid_focal_loss.html">sigmoid_focal_loss</see>.
/// </remarks>
public static class Focal
{
    /// <summary>
    /// The loss together with its gradient; both finite for all finite logits, but for a sum of losses that is itself
    /// no float.
    /// </summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="loss"><c>[1]</c>, receives the sum or the mean over batch and classes.</param>
    /// <param name="gradLogits"><c>[N, C]</c>, or empty where no gradient is wanted.</param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets"><c>[N, C]</c>, 0 or 1.</param>
    /// <param name="options">Alpha, gamma, and whether to average.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">Something has another size than the shape says.</exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void Forward(
        ComputeDevice device, ArrayView<float> loss, ArrayView<float> gradLogits, ArrayView<float> logits,
        ArrayView<float> targets, in FocalOptions options, in LossShape shape)
    {
        shape.Require(device, loss, gradLogits, logits);
        Sizes.Require(device, targets, (long)shape.N * shape.C);
        using var timing = device.Timings.Measure("focal", shape, LossAlgorithm.Naive, 0, shape.Bytes);
        float scale = options.Mean ? 1f / (shape.N * shape.C) : 1;
        Tensor losses = device.Arena.Rent(TensorShape.Vector(shape.N));
        device.Launch(
            FocalNaive.Forward, shape.N, losses.View, gradLogits, logits, targets, options.Alpha, options.Gamma, scale,
            shape);
        LossSum.AddUp(device, loss, losses);
    }
}
