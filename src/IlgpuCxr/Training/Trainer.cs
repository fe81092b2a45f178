using System.Diagnostics;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;

namespace IlgpuCxr.Training;

/// <summary>Trains a network as the study does: SGD, an evaluation after each epoch, the best epoch by validation accuracy.</summary>
/// <remarks>
/// After an epoch the network is evaluated on the training images, augmented anew, and on the validation images as they are. Everything
/// random is a function of seed, epoch and image, so that a run continued from its last checkpoint gives the same bits as one that was
/// never interrupted.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private readonly ComputeDevice device;
    private readonly TrainingOptions options;
    private readonly ImageFolder data;
    private readonly RunDirectory run;
    private readonly Network network;
    private readonly SgdOptimizer optimizer;
    private readonly TrainingStep step;
    private readonly BatchFeed feed;
    private readonly Evaluator evaluator;
    private readonly List<EpochResult> history = [];

    /// <summary>Sets up a run with new weights.</summary>
    /// <param name="device">Where to train.</param>
    /// <param name="options">What decides the result.</param>
    /// <param name="data">The images.</param>
    /// <param name="feed">Brings the images to the device.</param>
    /// <param name="run">Where the results go.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public Trainer(ComputeDevice device, TrainingOptions options, ImageFolder data, BatchFeed feed, RunDirectory run)
    {
        options.Validate();
        this.device = device;
        this.options = options;
        this.data = data;
        this.feed = feed;
        this.run = run;
        network = new Network(device, options.Network, NetworkHead.Part1);
        network.Initialize(options.Seed);
        network.Freeze(options.Freeze);
        optimizer = new SgdOptimizer(device, network, options.Sgd);
        step = new TrainingStep(device, network, optimizer);
        evaluator = new Evaluator(device, step, feed, network.Head.Outputs);
    }

    /// <summary>Takes up the run where its last checkpoint left it.</summary>
    /// <exception cref="NetworkException">There is no checkpoint, or it is of another run.</exception>
    public void Resume()
    {
        CheckpointInfo info = Checkpoint.ReadInfo(run.Last);
        if (info.Options with { Epochs = options.Epochs } != options)
            throw new NetworkException($"{run.Last} was trained with other options ({info.Options}); resume with the same, or choose another --out.");
        Checkpoint.Load(run.Last, device, network, optimizer);
        history.AddRange(run.ReadLog(info.History));
    }

    /// <summary>Trains until all epochs are done.</summary>
    /// <param name="observer">Who watches.</param>
    /// <param name="cancellation">Stops the run; what the last epoch saved stays.</param>
    /// <returns>All epochs, also those before a <see cref="Resume"/>.</returns>
    public IReadOnlyList<EpochResult> Run(ITrainingObserver observer, CancellationToken cancellation)
    {
        for (int epoch = history.Count; epoch < options.Epochs; epoch++)
        {
            var progress = new EpochProgress(observer, epoch, options.Epochs, data, options.Batch);
            long start = Stopwatch.GetTimestamp();
            double loss = TrainEpoch(epoch, progress, cancellation);
            double trainingSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Evaluation train = evaluator.Run(
                data.Train, feed.Augmented(options, epoch, BatchFeed.EvaluationStream), progress.In(TrainingPhase.EvaluatingTraining), cancellation);
            Evaluation validation = evaluator.Run(
                data.Validation, feed.Plain(options), progress.In(TrainingPhase.Validating), cancellation);
            var result = new EpochResult(
                epoch, loss, train.Loss, train.Accuracy, train.F1, validation.Loss, validation.Accuracy, validation.F1,
                Stopwatch.GetElapsedTime(start).TotalSeconds, data.Train.Count / trainingSeconds);
            bool isBest = history.All(earlier => earlier.ValidationAccuracy < result.ValidationAccuracy);
            history.Add(result);
            Save(isBest);
            observer.OnEpoch(result, isBest);
        }
        return history;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        evaluator.Dispose();
        optimizer.Dispose();
        network.Dispose();
    }
}
