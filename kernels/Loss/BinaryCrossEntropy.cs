using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>
/// Binary cross entropy with logits, averaged over batch and classes; <see cref="BinaryCrossEntropyReference"/> has the
/// formula.
/// </summary>
/// <remarks>
/// See PyTorch's
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html">BCEWithLogitsLoss</see>.
/// </remarks>
public static class BinaryCrossEntropy
{
    /// <summary>The loss together with its gradient; finite for all finite logits.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="loss"><c>[1]</c>, receives the mean over batch and classes.</param>
    /// <param name="gradLogits"><c>[N, C]</c>, or empty where no gradient is wanted.</param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets"><c>[N, C]</c>, from 0 to 1.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">Something has another size than the shape says.</exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void Forward(
        ComputeDevice device, ArrayView<float> loss, ArrayView<float> gradLogits, ArrayView<float> logits,
        ArrayView<float> targets, in LossShape shape)
    {
        shape.Require(device, loss, gradLogits, logits);
        Sizes.Require(device, targets, (long)shape.N * shape.C);
        using var timing = device.Timings.Measure("binary cross entropy", shape, LossAlgorithm.Naive, 0, shape.Bytes);
        Tensor losses = device.Arena.Rent(TensorShape.Vector(shape.N));
        device.Launch(BinaryCrossEntropyNaive.Forward, shape.N, losses.View, gradLogits, logits, targets, shape);
        LossSum.AddUp(device, loss, losses);
    }
}
