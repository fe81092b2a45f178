using System.Text.Json.Serialization;
using CsvHelper.Configuration.Attributes;

namespace IlgpuCxr.Training;

/// <summary>What one epoch reached; a row of <c>log.csv</c>.</summary>
/// <remarks>
/// Accuracy and F1 are those of <see cref="Evaluation"/>. Times are left out of checkpoints, so that the same run
/// writes the same bytes.
/// </remarks>
/// <param name="Epoch">Index, from 0; <see cref="Untrained"/> for the network as it was before.</param>
/// <param name="Loss">Loss over the training images while training; null where nothing was trained.</param>
/// <param name="TrainLoss">Loss over the training images, augmented, after the epoch.</param>
/// <param name="TrainAccuracy">Accuracy over the training images, augmented, after the epoch, in percent.</param>
/// <param name="TrainF1">F1 over the training images, augmented, after the epoch.</param>
/// <param name="ValidationLoss">Loss over the validation images.</param>
/// <param name="ValidationAccuracy">Accuracy over the validation images, in percent.</param>
/// <param name="ValidationF1">F1 over the validation images.</param>
/// <param name="Seconds">Time of the epoch with its evaluations.</param>
/// <param name="ImagesPerSecond">Images trained a second, evaluations and unreadable images left out.</param>
public sealed record EpochResult(
    [property: Name("epoch")] int Epoch,
    [property: Name("loss")] double? Loss,
    [property: Name("train_loss")] double TrainLoss,
    [property: Name("train_accuracy")] double TrainAccuracy,
    [property: Name("train_f1")] double TrainF1,
    [property: Name("validation_loss")] double ValidationLoss,
    [property: Name("validation_accuracy")] double ValidationAccuracy,
    [property: Name("validation_f1")] double ValidationF1,
    [property: Name("seconds"), JsonIgnore] double Seconds,
    [property: Name("images_per_second"), JsonIgnore] double ImagesPerSecond)
{
    /// <summary>
    /// The epoch of a network that has not been trained: the first point of the study's curves of Part 2. It is never
    /// the best.
    /// </summary>
    public const int Untrained = -1;
}
