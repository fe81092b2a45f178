using System.Diagnostics;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Weights;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Training;

/// <summary>
/// Trains a network as the study does: an evaluation after each epoch, the best epoch by validation accuracy.
/// </summary>
/// <remarks>
/// After an epoch the network is evaluated on the training images, augmented anew, and on the validation images as they
/// are; of several labels an image, where the study's curves begin with it, also before the first. Everything random is
/// a function of seed, epoch and image (dropout of seed and step), so that a run continued from its last checkpoint
/// gives the same bits as one that was never interrupted.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private readonly ComputeDevice device;
    private readonly TrainingOptions options;
    private readonly ImageDataset data;
    private readonly ImageBatchLoader loader;
    private readonly Network network;
    private readonly Optimizer optimizer;
    private readonly TrainingStep step;
    private readonly DeviceBatch batch;
    private readonly Evaluator evaluator;
    private readonly SavedRun saved;
    private bool isBroken;

    /// <summary>Sets up a run.</summary>
    /// <param name="device">Where to train.</param>
    /// <param name="options">What decides the result.</param>
    /// <param name="data">The images.</param>
    /// <param name="loader">Makes batches of them.</param>
    /// <param name="run">Where the results go.</param>
    /// <param name="weights">
    /// What the network starts from, which <see cref="TrainingOptions.Weights"/> identifies; null for random values.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The weights are not those that the options name, or images or loader are not what the options say.
    /// </exception>
    /// <exception cref="UsageException">
    /// An option is out of range, a batch is too small to train on, or what to freeze is not known.
    /// </exception>
    /// <exception cref="NetworkException">The weights do not fit, or the network is not known.</exception>
    /// <exception cref="WeightFormatException">The file of weights cannot be read.</exception>
    public Trainer(
        ComputeDevice device, TrainingOptions options, ImageDataset data, ImageBatchLoader loader, RunDirectory run,
        InitialWeights? weights = null)
    {
        weights ??= InitialWeights.Random;
        options.Validate();
        if (options.Weights != weights.Identity)
            throw new ArgumentException(
                $"The options are of a run that starts from {options.Weights}, not from {weights.Identity}.",
                nameof(weights));
        RequireFit(options, data, loader);
        this.device = device;
        this.options = options;
        this.data = data;
        this.loader = loader;
        network = new Network(device, options.Network, options.Head(data.ClassNames.Count));
        try
        {
            network.RequireTrainable(
                new TensorShape(Math.Min(options.Batch, data.Train.Count), options.Size, options.Size, 3));
            network.Initialize(options.Seed);
            Imported = weights.Load(device, network);
            network.Freeze(options.Freeze);
            UsageException.Require(
                network.Parameters.Any(parameter => parameter.RequiresGrad),
                $"--freeze {options.Freeze} leaves nothing to train; freeze less.");
            optimizer = new Optimizer(device, network, options.Optimizer);
            step = new TrainingStep(device, network, options.Criterion, optimizer);
            batch = new DeviceBatch(device, options.Task, data.ClassNames.Count);
        }
        catch
        {
            step?.Dispose();
            optimizer?.Dispose();
            network.Dispose();
            throw;
        }
        evaluator = new Evaluator(device, step, batch);
        saved = new SavedRun(device, options, data, run, network, optimizer);
    }

    /// <summary>What came from the file of weights; null where the network starts from random values.</summary>
    public WeightImportReport? Imported { get; }

    /// <summary>How many epochs are trained, those before a <see cref="Resume"/> included.</summary>
    public int EpochsDone => saved.EpochsDone;

    /// <summary>Whether all epochs are trained, so that <see cref="Run"/> has nothing to do.</summary>
    public bool IsDone => saved.IsDone;

    /// <summary>
    /// Where the epochs were trained, and how where that is not in fp32 by algorithms of the device's choice: of a run
    /// that was resumed on another device or computes in another way, all, with the epoch from which each did.
    /// </summary>
    public string TrainedOn => saved.TrainedOn;

    /// <summary>Starts the run in a directory that holds none.</summary>
    /// <exception cref="UsageException">The directory holds a run, or another process is training there.</exception>
    /// <exception cref="IOException">The directory cannot be written, or has no room for checkpoints.</exception>
    /// <exception cref="InvalidOperationException">The run was begun or resumed already.</exception>
    public void Begin() => saved.Begin();

    /// <summary>Takes up the run where its last checkpoint left it.</summary>
    /// <exception cref="UsageException">
    /// There is no checkpoint, it is of another run, or another process is training there.
    /// </exception>
    /// <exception cref="NetworkException">
    /// A checkpoint is none of this network, or lacks a part, or the best one is gone.
    /// </exception>
    /// <exception cref="WeightFormatException">A checkpoint cannot be read.</exception>
    /// <exception cref="IOException">
    /// The directory or the best checkpoint cannot be written, or there is no room for the next.
    /// </exception>
    /// <exception cref="InvalidOperationException">The run was begun or resumed already.</exception>
    public void Resume() => saved.Resume();

    /// <summary>Trains until all epochs are done.</summary>
    /// <param name="observer">Who watches.</param>
    /// <param name="cancellation">Stops the run; what the last epoch saved stays.</param>
    /// <returns>All epochs, also those before a <see cref="Resume"/>.</returns>
    /// <exception cref="NetworkException">The loss is not, or no longer, a number.</exception>
    /// <exception cref="DataException">
    /// An image is unreadable and the loader strict, or no image is readable, or so few that no batch can be trained
    /// on.
    /// </exception>
    /// <exception cref="IOException">
    /// The system fails to read an image, or to write a checkpoint, or the log once all epochs are done and saved.
    /// </exception>
    /// <exception cref="DeviceException">
    /// A size of a step is more than kernels can count, or the driver fails to record a step.
    /// </exception>
    /// <exception cref="OutOfMemoryException">The device has too little memory for a step.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    /// <exception cref="InvalidOperationException">
    /// Neither <see cref="Begin"/> nor <see cref="Resume"/> was called, or an earlier call ended within an epoch, which
    /// only a new trainer can <see cref="Resume"/> from its beginning.
    /// </exception>
    public IReadOnlyList<EpochResult> Run(ITrainingObserver observer, CancellationToken cancellation)
    {
        if (!saved.HasDirectory)
            throw new InvalidOperationException("The run has no directory yet; call Begin or Resume first.");
        if (isBroken)
            throw new InvalidOperationException(
                "The run ended within an epoch, and its weights are of no epoch; make a new trainer and resume it.");
        isBroken = true;
        if (saved.History.Count == 0 && options.Task == ClassificationTask.MultiLabel)
            RunEpoch(EpochResult.Untrained, observer, cancellation);
        for (int epoch = EpochsDone; epoch < options.Epochs; epoch++)
            RunEpoch(epoch, observer, cancellation);
        isBroken = false;
        // Once more, if a spreadsheet held it open after the last epoch; now it has to succeed.
        saved.WriteLog();
        return saved.History;
    }

    /// <summary>
    /// Gives the device's memory back when all epochs are done, for those who evaluate the best; the directory stays
    /// this trainer's.
    /// </summary>
    public void FreeMemory()
    {
        batch.Dispose();
        step.Dispose();
        optimizer.Dispose();
        network.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FreeMemory();
        saved.Dispose();
    }

    /// <summary>
    /// The seed of the evaluation of the training images, which draws other transforms than the training that it
    /// follows.
    /// </summary>
    /// <param name="options">The run's options.</param>
    internal static long TrainingEvaluationSeed(TrainingOptions options) => options.Seed + 0x45564C;

    // All of it could be trained on, to other results than the options tell.
    private static void RequireFit(TrainingOptions options, ImageDataset data, ImageBatchLoader loader)
    {
        if (data.Task != options.Task)
            throw new ArgumentException(
                $"The images in '{data.Root}' are for the task {data.Task}, but the options for {options.Task}; open them for the same.",
                nameof(data));
        if (data.Train.Count == 0 || data.Validation.Count == 0)
            throw new ArgumentException(
                $"'{data.Root}' has {data.Train.Count} images to train on and {data.Validation.Count} to validate on; open it by ImageDataset.Open, which requires both.",
                nameof(data));
        options.RequireImagesOf(loader);
        if (loader.Options.BatchSize != options.Batch)
            throw new ArgumentException(
                $"The loader makes batches of {loader.Options.BatchSize} images, but the options say {options.Batch}; make it with their Batches.",
                nameof(loader));
    }

    // A network that always says what is left would be right about all images that can be read.
    private void RequireEveryClass()
    {
        HashSet<string> unreadable = [.. loader.Unreadable.Select(image => image.Path)];
        for (int c = 0; unreadable.Count > 0 && c < data.ClassNames.Count; c++)
        {
            ImageSample[] images = [.. data.Train.Where(sample => LabelSet.Has(data.Task, sample.Label, c))];
            if (images.Length > 0 && images.All(image => unreadable.Contains(image.Path)))
                throw new DataException(
                    $"None of the {images.Length} training images of the class '{data.ClassNames[c]}' can be read, for example '{images[0].Path}'; replace them, or remove the class.");
        }
    }

    private static void RequireFinite(double loss, int epoch)
    {
        if (double.IsFinite(loss))
            return;
        throw new NetworkException(
            epoch == EpochResult.Untrained
            ? "The loss is not a number before anything is trained; start from other weights than these (--weights)."
            : $"The loss of epoch {epoch} is not a number; start again with a smaller --lr.")
        {
            IsDivergence = true,
        };
    }

    /// <summary>Trains an epoch, where it is one, then evaluates and saves.</summary>
    private void RunEpoch(int epoch, ITrainingObserver observer, CancellationToken cancellation)
    {
        bool trains = epoch != EpochResult.Untrained;
        var progress = new EpochProgress(observer, epoch, options.Epochs, data, options.Batch);
        long start = Stopwatch.GetTimestamp();
        (int trained, double? loss) = trains
            ? TrainEpoch(epoch, progress.In(TrainingPhase.Training), cancellation)
            : (0, null);
        double trainingSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (trains && trained == 0)
            throw new DataException(
                $"No batch of epoch {epoch} can be trained on: at {options.Size}x{options.Size} pixels a batch needs two images, and all but one are unreadable ('cxr data check' lists them); use more images or a larger --size.");
        RequireEveryClass();
        RequireFinite(loss ?? 0, epoch);
        Evaluation train = evaluator.Run(
            loader.Augmented(data.Train, TrainingEvaluationSeed(options), epoch, cancellation), data.Train.Count,
            progress.In(TrainingPhase.EvaluatingTraining));
        Evaluation validation = evaluator.Run(
            loader.Evaluation(data.Validation, cancellation), data.Validation.Count,
            progress.In(TrainingPhase.Validating));
        RequireFinite(train.Loss + validation.Loss, epoch);
        var result = new EpochResult(
            epoch, loss, train.Loss, train.Accuracy, train.F1, validation.Loss, validation.Accuracy, validation.F1,
            Stopwatch.GetElapsedTime(start).TotalSeconds, trains ? trained / trainingSeconds : 0);
        observer.OnEpoch(result, isBest: saved.Add(result));
    }

    /// <summary>Trains, on all images that can be read.</summary>
    /// <returns>How many they were, and the loss over them.</returns>
    private (int Images, double? Loss) TrainEpoch(
        int epoch, Action<int, Func<double>> progress, CancellationToken cancellation)
    {
        using var losses = new LossLog(device, data.Train.Count, step.Criterion.Sums);
        int images = 0;
        foreach (ImageBatch host in loader.Augmented(data.Train, options.Seed, epoch, cancellation))
        {
            if (!network.CanTrainOn(host.Shape.Output))
                continue;
            batch.Upload(host);
            step.Train(batch.Shape.Output, batch.Transform, batch.Targets, losses.Next(host.Count));
            images += host.Count;
            progress(host.Count, losses.OverImages);
        }
        return (images, losses.OverImages());
    }
}
