using IlgpuCxr.Data;
using IlgpuCxr.Study;

namespace IlgpuCxr.Reports;

/// <summary>A pair of curves of ours, and the study's where it shows them, on the same scale.</summary>
/// <param name="Train">Ours, training images.</param>
/// <param name="Validation">Ours, validation images.</param>
/// <param name="PublishedTrain">The study's, training images.</param>
/// <param name="PublishedValidation">The study's, validation images.</param>
/// <param name="FirstEpoch">
/// The place of epoch 0 among the points: 1 where the untrained network stands before it.
/// </param>
/// <param name="IsPerImage">Whether losses are divided by the number of images.</param>
internal sealed record RowCurves(
    IReadOnlyList<double> Train, IReadOnlyList<double> Validation, IReadOnlyList<double>? PublishedTrain,
    IReadOnlyList<double>? PublishedValidation, int FirstEpoch, bool IsPerImage = false)
{
    // Part 2's images in the study. Its focal loss is a sum over them.
    private const int PublishedTrainImages = 6200, PublishedValidationImages = 628;

    /// <summary>All our values.</summary>
    public IEnumerable<double> Ours => Train.Concat(Validation);

    /// <summary>All values of the study.</summary>
    public IEnumerable<double> Published => (PublishedTrain ?? []).Concat(PublishedValidation ?? []);

    /// <summary>
    /// The losses. A summed loss is divided by the number of images, because the study has other numbers of them.
    /// </summary>
    public static RowCurves Losses(StudyRow row, RowResult result)
    {
        bool isSum = result.Configuration.Options.Criterion.Sums;
        DataDescription data = result.Configuration.Data;
        return Of(
            result, result.History.Select(e => e.TrainLoss), result.History.Select(e => e.ValidationLoss),
            row.Curves?.TrainLoss, row.Curves?.ValidationLoss,
            isSum
            ? (Evaluated(SplitNames.Train, data.Train), Evaluated(SplitNames.Validation, data.Validation),
                PublishedTrainImages, PublishedValidationImages)
            : (1, 1, 1, 1)) with
        {
            IsPerImage = isSum,
        };

        // What cannot be read is listed, but is not in the sum.
        long Evaluated(string split, int listed) => result.Of(split)?.Images ?? listed;
    }

    /// <summary>The accuracies, in percent.</summary>
    public static RowCurves Accuracies(StudyRow row, RowResult result) => Of(
        result, result.History.Select(e => e.TrainAccuracy), result.History.Select(e => e.ValidationAccuracy),
        row.Curves?.TrainAccuracy, row.Curves?.ValidationAccuracy, (1, 1, 1, 1));

    private static RowCurves Of(
        RowResult result, IEnumerable<double> train, IEnumerable<double> validation,
        IReadOnlyList<double>? publishedTrain, IReadOnlyList<double>? publishedValidation,
        (long Train, long Validation, long PublishedTrain, long PublishedValidation) divisors) => new(
        Divide(train, divisors.Train), Divide(validation, divisors.Validation),
        publishedTrain is null ? null : Divide(publishedTrain, divisors.PublishedTrain),
        publishedValidation is null ? null : Divide(publishedValidation, divisors.PublishedValidation),
        -result.History[0].Epoch);

    private static double[] Divide(IEnumerable<double> values, long divisor) =>
        [.. values.Select(value => value / divisor)];
}
