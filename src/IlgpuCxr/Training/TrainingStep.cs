using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Models;

namespace IlgpuCxr.Training;

/// <summary>One step of training or evaluation: forward, loss, backward, optimizer, with the memory planned before it runs.</summary>
/// <param name="device">Where the network lives.</param>
/// <param name="network">The network.</param>
/// <param name="optimizer">What changes its parameters; null for evaluation only.</param>
public sealed class TrainingStep(ComputeDevice device, Network network, SgdOptimizer? optimizer)
{
    private readonly HashSet<(TensorShape Images, bool Training)> planned = [];

    /// <summary>Learns from a batch.</summary>
    /// <param name="images"><c>[N, H, W, 3]</c>, what to fill; see <paramref name="fill"/>.</param>
    /// <param name="fill">Launches what writes the images into the tensor it is given.</param>
    /// <param name="targets"><c>[N]</c> class indices.</param>
    /// <param name="loss"><c>[1]</c>, receives the mean loss over the batch.</param>
    public void Train(TensorShape images, Action<Tensor> fill, ArrayView<int> targets, ArrayView<float> loss)
    {
        Plan(images, training: true, () => Learn(images, fill, targets, loss));
        Learn(images, fill, targets, loss);
        optimizer!.Step();
    }

    /// <summary>Computes the logits and the loss of a batch with the running statistics.</summary>
    /// <param name="images"><c>[N, H, W, 3]</c>, what to fill; see <paramref name="fill"/>.</param>
    /// <param name="fill">Launches what writes the images into the tensor it is given.</param>
    /// <param name="targets"><c>[N]</c> class indices.</param>
    /// <param name="logits"><c>[N, outputs]</c>, receives the logits.</param>
    /// <param name="loss"><c>[1]</c>, receives the mean loss over the batch.</param>
    public void Evaluate(TensorShape images, Action<Tensor> fill, ArrayView<int> targets, ArrayView<float> logits, ArrayView<float> loss)
    {
        Plan(images, training: false, () => Infer(images, fill, targets, logits, loss));
        Infer(images, fill, targets, logits, loss);
    }

    private void Learn(TensorShape shape, Action<Tensor> fill, ArrayView<int> targets, ArrayView<float> loss)
    {
        Tensor images = device.Arena.Rent(shape);
        fill(images);
        Tensor logits = network.Forward(images, training: true);
        Tensor gradLogits = device.Arena.Rent(logits.Shape);
        SoftmaxCrossEntropy.Forward(device, loss, gradLogits.View, logits.View, targets, new LossShape(shape.N, network.Head.Outputs));
        if (logits.RequiresGrad)
            network.Backward(gradLogits);
        else
            gradLogits.Release();
        logits.Release();
    }

    private void Infer(TensorShape shape, Action<Tensor> fill, ArrayView<int> targets, ArrayView<float> logits, ArrayView<float> loss)
    {
        Tensor images = device.Arena.Rent(shape);
        fill(images);
        Tensor result = network.Forward(images, training: false);
        SoftmaxCrossEntropy.Forward(device, loss, default, result.View, targets, new LossShape(shape.N, network.Head.Outputs));
        device.Copy(logits, result.View);
        result.Release();
    }

    private void Plan(TensorShape images, bool training, Action step)
    {
        if (planned.Add((images, training)))
            device.Plan(step);
    }
}
