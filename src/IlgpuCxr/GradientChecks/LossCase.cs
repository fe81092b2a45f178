using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// A loss with its gradient; <c>loss_in_evaluation</c> is what evaluation computes. There is one algorithm.
/// </summary>
public abstract class LossCase : OperatorCase
{
    private protected LossCase(string name, string shape, LossShape sizes, double[] logits)
        : base(name, shape, [1], new Operand("logits", logits))
    {
        Sizes = sizes;
        Logits = logits;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Algorithms => NamesOf<LossAlgorithm>();

    private protected LossShape Sizes { get; }

    private protected double[] Logits { get; }

    /// <inheritdoc/>
    public override double[] Forward() => Reference()["loss"];

    /// <inheritdoc/>
    public override Results Reference()
    {
        double[] loss = new double[1], gradLogits = new double[Logits.Length];
        Define(loss, gradLogits);
        return Both(loss, gradLogits);
    }

    /// <inheritdoc/>
    public override Results Compute(ComputeDevice device)
    {
        using var memory = new DeviceMemory(device);
        ArrayView<float> loss = memory.Vector(1), evaluation = memory.Vector(1);
        ArrayView<float> gradLogits = memory.Vector(Logits.Length), logits = memory.Vector(Logits);
        Launch(device, memory, loss, gradLogits, logits);
        Launch(device, memory, evaluation, default, logits);
        return new()
        {
            ["loss"] = memory.Read(loss),
            ["loss_in_evaluation"] = memory.Read(evaluation),
            ["grad_logits"] = memory.Read(gradLogits),
        };
    }

    /// <summary>Results, or their bounds, that are the same in training and evaluation.</summary>
    private protected static Results Both(double[] loss, double[] gradLogits) =>
        new() { ["loss"] = loss, ["loss_in_evaluation"] = loss, ["grad_logits"] = gradLogits };

    /// <summary>The loss and its gradient by the reference.</summary>
    private protected abstract void Define(double[] loss, double[] gradLogits);

    /// <summary>The same by the kernel.</summary>
    private protected abstract void Launch(
        ComputeDevice device, DeviceMemory memory, ArrayView<float> loss, ArrayView<float> gradLogits,
        ArrayView<float> logits);
}
