using System.Text.Json.Serialization;
using CsvHelper.Configuration.Attributes;

namespace IlgpuCxr.Training;

/// <summary>What one epoch reached; a row of <c>log.csv</c>.</summary>
/// <remarks>Times are left out of checkpoints, so that the same run writes the same bytes.</remarks>
/// <param name="Epoch">Index, from 0.</param>
/// <param name="Loss">Mean of the batches' losses while training.</param>
/// <param name="TrainLoss">Loss over the training images, augmented, after the epoch.</param>
/// <param name="TrainAccuracy">Accuracy over the training images, augmented, after the epoch, in percent.</param>
/// <param name="TrainF1">F1 of the positive class over the training images, augmented, after the epoch.</param>
/// <param name="ValidationLoss">Loss over the validation images.</param>
/// <param name="ValidationAccuracy">Accuracy over the validation images, in percent.</param>
/// <param name="ValidationF1">F1 of the positive class over the validation images.</param>
/// <param name="Seconds">Time of the epoch with its evaluations.</param>
/// <param name="ImagesPerSecond">Images trained a second, evaluations left out.</param>
public sealed record EpochResult(
    [property: Name("epoch")] int Epoch,
    [property: Name("loss")] double Loss,
    [property: Name("train_loss")] double TrainLoss,
    [property: Name("train_accuracy")] double TrainAccuracy,
    [property: Name("train_f1")] double TrainF1,
    [property: Name("validation_loss")] double ValidationLoss,
    [property: Name("validation_accuracy")] double ValidationAccuracy,
    [property: Name("validation_f1")] double ValidationF1,
    [property: Name("seconds"), JsonIgnore] double Seconds,
    [property: Name("images_per_second"), JsonIgnore] double ImagesPerSecond);
