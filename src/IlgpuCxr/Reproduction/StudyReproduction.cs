using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.Phantoms;
using IlgpuCxr.Reports;
using IlgpuCxr.Study;
using IlgpuCxr.Training;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Reproduction;

/// <summary>
/// Trains the rows of the study one after the other, each in a run directory of its own, and writes the report.
/// </summary>
/// <remarks>
/// It may be interrupted at any moment and called again with the same options: phantoms that are drawn stay, a row that
/// is complete is not trained again, an interrupted one goes on from its last checkpoint to the same bits, and the
/// report is written anew. A row that diverges, does not fit into memory or is being trained by another process
/// does not keep the others from being trained.
/// </remarks>
/// <param name="device">Where to compute.</param>
/// <param name="options">What to reproduce.</param>
/// <param name="weights">What the networks start from.</param>
/// <param name="cache">Decodes images.</param>
/// <param name="threads">Threads that draw and decode.</param>
/// <param name="strict">Whether an unreadable image ends the run; otherwise it is left out.</param>
public sealed class StudyReproduction(
    ComputeDevice device, StudyOptions options, StudyWeights weights, DecodedImageCache cache, int threads,
    bool strict = false)
{
    private const string PhantomsName = "phantoms";

    private readonly Dictionary<string, UnreadableImage> unreadable = [];
    private readonly List<FailedRow> failed = [];

    /// <summary>The images that were left out.</summary>
    public IReadOnlyCollection<UnreadableImage> Unreadable => unreadable.Values;

    /// <summary>The rows that diverged, did not fit into memory or were in use, and so are not in the report.</summary>
    public IReadOnlyList<FailedRow> Failed => failed;

    /// <summary>Does everything that is not done yet.</summary>
    /// <param name="observer">Who watches.</param>
    /// <param name="cancellation">Stops; what is saved stays.</param>
    /// <returns>The rows and what came of them; <see cref="Failed"/> are not among them.</returns>
    /// <exception cref="UsageException">An option is out of range, or a directory holds something else.</exception>
    /// <exception cref="DataException">The images cannot be used, or what an earlier call wrote is damaged.</exception>
    /// <exception cref="NetworkException">
    /// First weights or a checkpoint do not fit, or the best checkpoint of a row is gone.
    /// </exception>
    /// <exception cref="WeightFormatException">A file of weights or a checkpoint cannot be read.</exception>
    /// <exception cref="IOException">
    /// The system fails to read an image, or to write phantoms, checkpoints, results or the report.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="DeviceException">
    /// A size of a step is more than kernels can count, or the driver fails to record a step.
    /// </exception>
    public StudyReport Run(IReproductionObserver observer, CancellationToken cancellation)
    {
        options.Validate();
        IReadOnlyList<RowPlan> plans = Plan(observer, cancellation);
        var report = new StudyReport(options.Out);
        var clock = new StudyClock(
            [.. plans.Where(plan => plan.Directory.ReadResult(plan.Configuration) is null)], TimeProvider.System);
        foreach (RowPlan plan in plans)
        {
            cancellation.ThrowIfCancellationRequested();
            // Hours after the rows were planned: another call may have used the directory, with other options too.
            RowResult? result = plan.Directory.ReadResult(plan.Configuration);
            bool wasComplete = result is not null;
            if (result is null)
            {
                observer.OnRow(plan);
                clock.Begin(plan);
                try
                {
                    result = Train(plan, new RowObserver(observer, plan, clock), cancellation);
                }
                catch (Exception exception)
                    when (exception is NetworkException { IsDivergence: true } or OutOfMemoryException
                        or UsageException { IsBusy: true })
                {
                    string reason = Reason(plan, exception);
                    failed.Add(new FailedRow(plan.Row, reason));
                    observer.OnFailure(plan, reason, exception);
                    continue;
                }
                finally
                {
                    clock.End();
                }
                report.Add(plan.Row, plan.Directory, result);
                try
                {
                    report.Write();
                }
                catch (IOException)
                {
                    // The next rows may take days. The report after the last has this one too, and has to succeed.
                }
            }
            else
            {
                clock.Skip(plan);
                report.Add(plan.Row, plan.Directory, result);
            }
            observer.OnResult(plan, result, wasComplete);
        }
        report.Write();
        return report;
    }

    /// <summary>Finds or draws the images and checks every row's directory before anything is trained.</summary>
    private RowPlan[] Plan(IReproductionObserver observer, CancellationToken cancellation)
    {
        StudyPart[] parts = [.. options.Rows.Select(row => row.Part).Distinct()];
        foreach (StudyPart part in parts.Where(part => options.Directory(part) is null))
            RequireSeed(part);
        Dictionary<StudyPart, (StudyData Data, DataDescription Description)> data =
            parts.ToDictionary(
                part => part,
                part =>
                {
                    StudyData all = options.Directory(part) is { } directory
                        ? StudyData.Open(part, directory)
                        : Draw(part, observer, cancellation);
                    StudyData some = all with { Images = all.Images.Limit(options.Limit ?? int.MaxValue) };
                    return (some, some.Describe());
                });
        var plans = new List<RowPlan>();
        foreach (StudyRow row in options.Rows)
        {
            (StudyData images, DataDescription description) = data[row.Part];
            TrainingOptions training = options.Training(row) with { Weights = weights.Of(row).Identity };
            var plan = new RowPlan(
                row, new RowConfiguration(row.Id, training, description), new RowDirectory(options.Out, row), images);
            plan.Directory.Check(plan.Configuration);
            plans.Add(plan);
        }
        return [.. plans];
    }

    private string PhantomsOf(StudyPart part) => Path.Combine(options.Out, PhantomsName, part.DirectoryName());

    // Of both parts before time is spent on drawing the first.
    private void RequireSeed(StudyPart part)
    {
        string phantoms = PhantomsOf(part);
        if (PhantomManifest.SeedIn(phantoms) is { } seed && seed != PhantomStudy.Images(part, options.Seed).Seed)
            throw new UsageException(
                $"'{phantoms}' holds phantoms of --seed {(long)seed}, not of --seed {options.Seed}; give that seed, or choose another --out.");
    }

    private StudyData Draw(StudyPart part, IReproductionObserver observer, CancellationToken cancellation)
    {
        int total = PhantomStudy.Images(part, options.Seed).Counts.Total;
        // Not Progress<T>, which reports on another thread and may be late.
        return StudyData.Draw(
            part, PhantomsOf(part), options.Seed, threads,
            new PhantomProgress(done => observer.OnPhantoms(part, done, total)), cancellation);
    }

    // Another rate alone would be refused: the directories, the other rows' too, are those of this one.
    private static string Reason(RowPlan plan, Exception exception)
    {
        if (exception is UsageException)
            return $"Row {plan.Row.Id}: {exception.Message}";
        string reason = exception is OutOfMemoryException
            ? "There is not enough memory; use a smaller --batch or --size"
            : exception.Message.TrimEnd('.');
        return $"Row {plan.Row.Id} ('{plan.Directory.Location}'): {reason} and another --out, or leave the row out of --rows.";
    }

    private RowResult Train(RowPlan plan, ITrainingObserver observer, CancellationToken cancellation)
    {
        var loader = new ImageBatchLoader(cache, plan.Configuration.Options.Batches(threads, strict));
        try
        {
            return Train(plan, loader, observer, cancellation);
        }
        finally
        {
            foreach (UnreadableImage image in loader.Unreadable)
                unreadable.TryAdd(image.Path, image);
        }
    }

    private RowResult Train(
        RowPlan plan, ImageBatchLoader loader, ITrainingObserver observer, CancellationToken cancellation)
    {
        TrainingOptions training = plan.Configuration.Options;
        ImageDataset images = plan.Data.Images;
        RunDirectory run = plan.Directory.Open();
        using var trainer = new Trainer(device, training, images, loader, run, weights.Of(plan.Row));
        if (Checkpoint.Exists(run.Last))
            trainer.Resume();
        else
            trainer.Begin();
        // The trainer keeps others out of the directory from now on.
        plan.Directory.Claim(plan.Configuration);
        IReadOnlyList<EpochResult> history = trainer.Run(observer, cancellation);
        // What is evaluated is another network: a device on which training just fits has no room for both.
        trainer.FreeMemory();
        SplitResult[] splits =
        [
            .. CheckpointEvaluation.Run(
                device, run.Best, images, loader, training: true, cancellation).Splits.Select(SplitResult.Of),
        ];
        if (images.Unlabelled.Count > 0)
        {
            using var predictor = new Predictor(device, run.Best);
            PredictionFile.Write(
                plan.Directory.Predictions, training.Task, predictor.Predict(images.Unlabelled, loader, cancellation));
        }
        // An earlier call may have trained some of the epochs, or all, on another device or in another way.
        bool isThisDevices = trainer.TrainedOn == DeviceText.Of(device);
        var result = new RowResult(
            plan.Configuration, isThisDevices ? device.Name : trainer.TrainedOn, history,
            history.Sum(epoch => epoch.Seconds), splits)
        {
            LeftOut = LeftOutImages.Of(images, loader.Unreadable),
            Precision = isThisDevices ? device.Precision : null,
            Algorithms = isThisDevices ? device.Algorithms : null,
        };
        plan.Directory.WriteResult(result);
        return result;
    }

    private sealed class PhantomProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }

    private sealed class RowObserver(IReproductionObserver observer, RowPlan plan, StudyClock clock) : ITrainingObserver
    {
        public void OnProgress(in TrainingProgress progress)
        {
            clock.Report(progress.Done);
            observer.OnProgress(plan, progress, clock.Left());
        }

        public void OnEpoch(EpochResult result, bool isBest) => observer.OnEpoch(plan, result, isBest, clock.Left());
    }
}
