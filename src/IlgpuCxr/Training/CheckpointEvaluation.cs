using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Metrics;
using IlgpuCxr.Models;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Training;

/// <summary>How a checkpoint does on a split.</summary>
/// <param name="Split">train, validation or test.</param>
/// <param name="Evaluation">Over all its images.</param>
/// <param name="Classes">Each class against the rest, with the intervals of the run's seed.</param>
public sealed record SplitEvaluation(string Split, Evaluation Evaluation, IReadOnlyList<ClassMetrics> Classes);

/// <summary>Evaluates a checkpoint.</summary>
public static class CheckpointEvaluation
{
    /// <summary>Evaluates on the validation and on the test images, where there are some.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="path">The checkpoint.</param>
    /// <param name="data">The images.</param>
    /// <param name="loader">
    /// Makes batches of them, of images of the size and with the transforms that the checkpoint was trained with.
    /// </param>
    /// <param name="training">
    /// Whether to evaluate on the augmented training images too, first; the transforms are those of the checkpoint's
    /// epoch.
    /// </param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>What the checkpoint says about itself, and how it does on each split.</returns>
    /// <exception cref="ArgumentException">
    /// The loader makes images of another size or with other transforms than the checkpoint was trained on, or there
    /// are no training images although they are asked for.
    /// </exception>
    /// <exception cref="NetworkException">
    /// There is no such checkpoint, it does not fit, has other classes than the images, or gives values that are not
    /// finite.
    /// </exception>
    /// <exception cref="WeightFormatException">The checkpoint cannot be read.</exception>
    /// <exception cref="DataException">
    /// An image is unreadable and the loader strict, or no image of a split is readable.
    /// </exception>
    /// <exception cref="IOException">The system fails to read an image, whatever is in it.</exception>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    /// <exception cref="DeviceException">A size of a step is more than kernels can count.</exception>
    /// <exception cref="OutOfMemoryException">The device has too little memory.</exception>
    public static (CheckpointInfo Info, IReadOnlyList<SplitEvaluation> Splits) Run(
        ComputeDevice device, string path, ImageDataset data, ImageBatchLoader loader, bool training,
        CancellationToken cancellation)
    {
        (Network loaded, CheckpointInfo info) = Checkpoint.LoadNetwork(path, device);
        using Network network = loaded;
        if (info.Options.Task != data.Task || !info.Classes.SequenceEqual(data.ClassNames))
        {
            throw new NetworkException(
                $"The checkpoint {path} tells {string.Join(", ", info.Classes)} apart, but the images in {data.Root} are of {string.Join(", ", data.ClassNames)}; use images of the same classes.");
        }
        info.Options.RequireImagesOf(loader);
        if (training && data.Train.Count == 0)
            throw new ArgumentException(
                $"'{data.Root}' has no image to train on; open it by ImageDataset.Open, or evaluate on the other images only.",
                nameof(data));
        using var batch = new DeviceBatch(device, data.Task, info.Classes.Count);
        using var step = new TrainingStep(device, network, info.Options.Criterion, null);
        var evaluator = new Evaluator(device, step, batch);
        var results = new List<(string Split, Evaluation Evaluation)>();
        if (training)
        {
            int epoch = info.History is [.., var last] ? last.Epoch : EpochResult.Untrained;
            var batches = loader.Augmented(
                data.Train, Trainer.TrainingEvaluationSeed(info.Options), epoch, cancellation);
            results.Add((SplitNames.Train, evaluator.Run(batches, data.Train.Count)));
        }
        if (data.Validation.Count > 0)
            results.Add((SplitNames.Validation, Evaluate(data.Validation)));
        if (data.Test.Count > 0)
            results.Add((SplitNames.Test, Evaluate(data.Test)));
        // As in training: a value that is not finite makes the loss so.
        if (results.Exists(result => !double.IsFinite(result.Evaluation.Loss)))
            throw Checkpoint.Diverged(path);
        return (info,
        [
            .. results.Select(result => new SplitEvaluation(
                result.Split, result.Evaluation, result.Evaluation.PerClass(info.Classes, info.Options.Seed))),
        ]);

        Evaluation Evaluate(IReadOnlyList<ImageSample> samples) =>
            evaluator.Run(loader.Evaluation(samples, cancellation), samples.Count);
    }
}
