using ILGPU;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Kernels.Loss;

/// <summary>
/// Softmax and cross entropy, the loss together with its gradient; <see cref="SoftmaxCrossEntropyReference"/> has the
/// definition.
/// </summary>
/// <remarks>
/// See PyTorch's
/// <see href="https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html">CrossEntropyLoss</see>.
/// </remarks>
public static class SoftmaxCrossEntropy
{
    /// <summary>The mean loss of a batch and <c>gradLogits = ∂loss/∂logits</c>, stable for any finite logits.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="loss"><c>[1]</c></param>
    /// <param name="gradLogits"><c>[N, C]</c>, or empty in evaluation.</param>
    /// <param name="logits"><c>[N, C]</c></param>
    /// <param name="targets"><c>[N]</c>, from 0 to C - 1; with any other the loss is NaN.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">Something has another size than the shape says.</exception>
    /// <exception cref="InvalidOperationException">
    /// The step was not planned: the working memory does not fit the arena.
    /// </exception>
    public static void Forward(
        ComputeDevice device, ArrayView<float> loss, ArrayView<float> gradLogits, ArrayView<float> logits,
        ArrayView<int> targets, in LossShape shape)
    {
        shape.Require(device, loss, gradLogits, logits);
        Sizes.Require(device, targets, shape.N);
        using var timing = device.Timings.Measure("softmax cross entropy", shape, LossAlgorithm.Naive, 0, shape.Bytes);
        Tensor losses = device.Arena.Rent(TensorShape.Vector(shape.N));
        device.Launch(SoftmaxCrossEntropyNaive.Forward, shape.N, losses.View, gradLogits, logits, targets, shape);
        LossSum.AddUp(device, loss, losses);
    }
}
