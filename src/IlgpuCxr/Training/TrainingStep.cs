using ILGPU;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Models;

namespace IlgpuCxr.Training;

/// <summary>
/// One step of training or evaluation: forward, loss, backward, optimizer, with the memory planned before it runs.
/// </summary>
public sealed class TrainingStep : IDisposable
{
    private readonly ComputeDevice device;
    private readonly Network network;
    private readonly Criterion criterion;
    private readonly Optimizer? optimizer;
    private readonly HashSet<(TensorShape Images, Pass Pass, Scope Scope)> planned = [];
    private readonly Dictionary<TensorShape, Launched> launched = [];
    private long plannedBytes;

    /// <summary>Sets up steps of a network.</summary>
    /// <param name="device">Where the network lives.</param>
    /// <param name="network">The network.</param>
    /// <param name="criterion">The loss.</param>
    /// <param name="optimizer">What changes its parameters; null for evaluation only.</param>
    /// <exception cref="ArgumentException">
    /// The network is on another device, or the optimizer is another network's.
    /// </exception>
    public TrainingStep(ComputeDevice device, Network network, Criterion criterion, Optimizer? optimizer)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(criterion);
        network.RequireOn(device);
        optimizer?.RequireOf(network);
        (this.device, this.network, this.criterion, this.optimizer) = (device, network, criterion, optimizer);
    }

    private enum Pass
    {
        Training,
        Evaluation,
        Prediction,
    }

    /// <summary>The loss.</summary>
    public Criterion Criterion => criterion;

    /// <summary>Learns from a batch.</summary>
    /// <param name="images"><c>[N, H, W, 3]</c>, what to fill; see <paramref name="fill"/>.</param>
    /// <param name="fill">
    /// Launches what writes the images into the tensor it is given; the first batch of a size calls it twice, once to
    /// plan with all copies and launches off.
    /// </param>
    /// <param name="targets">What the images are.</param>
    /// <param name="loss"><c>[1]</c>, receives the loss of the batch.</param>
    /// <exception cref="InvalidOperationException">The step has no optimizer, or all parameters are frozen.</exception>
    /// <exception cref="ArgumentException">
    /// There are more targets than images, or fewer, or the loss has no place.
    /// </exception>
    public void Train(TensorShape images, Action<Tensor> fill, BatchTargets targets, ArrayView<float> loss)
    {
        if (optimizer is null)
            throw new InvalidOperationException(
                "A step without an optimizer evaluates and predicts only; give it one to train.");
        ArgumentNullException.ThrowIfNull(fill);
        RequireTargets(images, targets);
        RequireLength(loss, 1, nameof(loss));
        if (!network.Parameters.Any(parameter => parameter.RequiresGrad))
            throw new InvalidOperationException(
                "All parameters are frozen, and a step would change none; let some train (Network.Freeze).");
        // Each step drops other values, and a resumed run the same ones as one that was never interrupted.
        network.Dropout.Begin(device, optimizer.Steps);
        Plan(images, Pass.Training, () => Learn(images, fill, targets, loss));
        device.Run(() => Learn(images, fill, targets, loss));
        optimizer.Step();
    }

    /// <summary>Computes the logits and the loss of a batch with the running statistics.</summary>
    /// <param name="images"><c>[N, H, W, 3]</c>, what to fill; see <paramref name="fill"/>.</param>
    /// <param name="fill">Launches what writes the images into the tensor it is given.</param>
    /// <param name="targets">What the images are.</param>
    /// <param name="logits"><c>[N, outputs]</c>, receives the logits.</param>
    /// <param name="loss"><c>[1]</c>, receives the loss of the batch.</param>
    /// <exception cref="ArgumentException">There are more targets, logits or losses than fit, or fewer.</exception>
    public void Evaluate(
        TensorShape images, Action<Tensor> fill, BatchTargets targets, ArrayView<float> logits, ArrayView<float> loss)
    {
        ArgumentNullException.ThrowIfNull(fill);
        RequireTargets(images, targets);
        RequireLogits(images, logits);
        RequireLength(loss, 1, nameof(loss));
        Plan(images, Pass.Evaluation, Evaluate);
        device.Run(Evaluate);

        void Evaluate()
        {
            Tensor result = Infer(images, fill, logits);
            criterion.Forward(
                device, loss, default, result.View, targets, new LossShape(images.N, network.Head.Outputs));
            result.Release();
        }
    }

    /// <summary>Computes the logits of a batch with the running statistics.</summary>
    /// <param name="images"><c>[N, H, W, 3]</c>, what to fill; see <paramref name="fill"/>.</param>
    /// <param name="fill">Launches what writes the images into the tensor it is given.</param>
    /// <param name="logits"><c>[N, outputs]</c>, receives the logits.</param>
    /// <exception cref="ArgumentException">There are more logits than fit, or fewer.</exception>
    public void Predict(TensorShape images, Action<Tensor> fill, ArrayView<float> logits)
    {
        ArgumentNullException.ThrowIfNull(fill);
        RequireLogits(images, logits);
        Plan(images, Pass.Prediction, Predict);
        device.Run(Predict);

        void Predict() => Infer(images, fill, logits).Release();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Launched step in launched.Values)
            step.Graph?.Dispose();
        launched.Clear();
    }

    /// <summary>
    /// Images, targets and loss pass through places that are the same in every step, so that all between can be
    /// recorded.
    /// </summary>
    private void Learn(TensorShape shape, Action<Tensor> fill, BatchTargets targets, ArrayView<float> loss)
    {
        // Beside tensors of the caller's the step's are elsewhere, and where they would be is the caller's.
        bool isAlone = device.Arena.IsEmpty;
        Tensor images = device.Arena.Rent(shape);
        Tensor kept = device.Arena.Rent(TensorShape.Matrix(shape.N, network.Head.Outputs));
        Tensor total = device.Arena.Rent(TensorShape.Vector(1));
        fill(images);
        BatchTargets copy = Copy(kept, targets);
        if (device.IsPlanning || device.Timings.Enabled || !isAlone)
            Propagate(images, copy, total);
        else
            PropagateRecorded(images, copy, total);
        device.Copy(loss, total.View);
        total.Release();
        kept.Release();
    }

    /// <summary>Forward, loss and backward.</summary>
    private void Propagate(Tensor images, BatchTargets targets, Tensor loss)
    {
        var shape = new LossShape(images.Shape.N, network.Head.Outputs);
        Tensor logits = network.Forward(images, training: true);
        Tensor gradLogits = device.Arena.Rent(logits.Shape);
        criterion.Forward(device, loss.View, gradLogits.View, logits.View, targets, shape);
        if (logits.RequiresGrad)
            network.Backward(gradLogits);
        else
            gradLogits.Release();
        logits.Release();
    }

    /// <summary>
    /// The same from a recording, where the device can; only what was launched before can be recorded, and it is
    /// recorded anew where the memory has moved.
    /// </summary>
    private void PropagateRecorded(Tensor images, BatchTargets targets, Tensor loss)
    {
        TensorShape shape = images.Shape;
        Scope scope = ScopeNow();
        long seed = network.Dropout.Seed;
        Launched? step = launched.GetValueOrDefault(shape);
        bool isKnown = step?.Scope == scope && step.Seed == seed;
        if (isKnown && step!.Graph is not null && step.Generation == device.Arena.Generation)
        {
            step.Graph.Launch();
            images.Release();
            return;
        }
        step?.Graph?.Dispose();
        launched[shape] = new Launched(scope, seed);
        if (!isKnown || device.Record(() => Propagate(images, targets, loss)) is not { } graph)
        {
            Propagate(images, targets, loss);
            return;
        }
        launched[shape] = new Launched(scope, seed, graph, device.Arena.Generation);
        graph.Launch();
    }

    // The copy takes a part of a tensor, and where that is too short ILGPU ends the process.
    private void RequireTargets(TensorShape images, BatchTargets targets)
    {
        long labels = (long)images.N * network.Head.Outputs;
        if (targets.Classes.Length > 0 ? targets.Classes.Length != images.N : targets.Labels.Length != labels)
            throw new ArgumentException(
                $"{targets.Classes.Length} classes and {targets.Labels.Length} labels are given for a batch of {images.N} images; give {images.N} classes, or {labels} labels.",
                nameof(targets));
    }

    private void RequireLogits(TensorShape images, ArrayView<float> logits) =>
        RequireLength(logits, (long)images.N * network.Head.Outputs, nameof(logits));

    private static void RequireLength(ArrayView<float> view, long length, string name)
    {
        if (view.Length != length)
            throw new ArgumentException($"{name} has {view.Length} elements; give it {length}.", name);
    }

    private BatchTargets Copy(Tensor kept, BatchTargets targets)
    {
        if (device.IsPlanning)
            return default;
        if (targets.Classes.Length > 0)
        {
            ArrayView<int> classes = kept.View.SubView(0, targets.Classes.Length).Cast<int>();
            device.Copy(classes, targets.Classes);
            return BatchTargets.OfClasses(classes);
        }
        ArrayView<float> labels = kept.View.SubView(0, targets.Labels.Length);
        device.Copy(labels, targets.Labels);
        return BatchTargets.OfLabels(labels);
    }

    private Tensor Infer(TensorShape shape, Action<Tensor> fill, ArrayView<float> logits)
    {
        Tensor images = device.Arena.Rent(shape);
        fill(images);
        Tensor result = network.Forward(images, training: false);
        device.Copy(logits, result.View);
        return result;
    }

    private void Plan(TensorShape images, Pass pass, Action step)
    {
        // An arena that was given back, also by a plan for which the device had too little, has no room any more for
        // what was planned in it. One that has grown still has.
        if (device.Arena.Bytes < plannedBytes)
            planned.Clear();
        Scope scope = ScopeNow();
        if (planned.Contains((images, pass, scope)))
            return;
        device.Plan(step);
        plannedBytes = device.Arena.Bytes;
        planned.Add((images, pass, scope));
    }

    private Scope ScopeNow() => new(
        network.Dropout.IsOff,
        string.Concat(network.Parameters.Select(parameter => parameter.RequiresGrad ? 'y' : 'n')));

    /// <summary>What a step computes, apart from its sizes, and so which memory it takes.</summary>
    /// <param name="DropsNothing">Whether dropout is off.</param>
    /// <param name="Trained">Which parameters a gradient is computed for, a letter each.</param>
    private sealed record Scope(bool DropsNothing, string Trained);

    /// <summary>A step that was launched, so that it can be recorded.</summary>
    /// <param name="Scope">What it computed.</param>
    /// <param name="Seed">What dropout drew from.</param>
    /// <param name="Graph">Its recording; null for none.</param>
    /// <param name="Generation">Where the arena was when it was recorded.</param>
    private sealed record Launched(Scope Scope, long Seed, ILaunchGraph? Graph = null, int Generation = 0);
}
