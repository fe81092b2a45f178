using IlgpuCxr.Metrics;
using IlgpuCxr.Training;

namespace IlgpuCxr.Study;

/// <summary>How the best checkpoint of a row does on a split.</summary>
/// <param name="Split">train, validation or test.</param>
/// <param name="Images">How many images were judged.</param>
/// <param name="Loss">The criterion; of the summed focal loss the sum over the images.</param>
/// <param name="Accuracy">In percent; in Part 2 the Jaccard index over images.</param>
/// <param name="F1">In Part 1 of the class "normal", in Part 2 over images.</param>
/// <param name="Confusion">
/// Rows actual: one matrix of the classes, or in Part 2 one for each class, TN FP; FN TP.
/// </param>
/// <param name="Classes">Each class against the rest.</param>
public sealed record SplitResult(
    string Split, long Images, double Loss, double Accuracy, double F1, IReadOnlyList<IReadOnlyList<long[]>> Confusion,
    IReadOnlyList<ClassResult> Classes)
{
    /// <summary>Keeps what a report needs of an evaluation.</summary>
    /// <param name="split">How the checkpoint does on the split.</param>
    public static SplitResult Of(SplitEvaluation split) => new(
        split.Split, split.Evaluation.Confusion[0].Total, split.Evaluation.Loss, split.Evaluation.Accuracy,
        split.Evaluation.F1, [.. split.Evaluation.Confusion.Select(matrix => matrix.Rows)],
        [.. split.Classes.Select(ClassResult.Of)]);
}

/// <summary>How well a class is told from the rest, with 95 % intervals; see <see cref="ClassMetrics"/>.</summary>
/// <param name="Name">The class.</param>
/// <param name="Images">How many images are of it.</param>
/// <param name="Sensitivity">Of the images of the class, the part found; null where there are none.</param>
/// <param name="Specificity">Of the other images, the part left alone; null where there are none.</param>
/// <param name="Precision">
/// Of the images predicted to be of the class, the part that is; null where there are none.
/// </param>
/// <param name="F1">
/// The harmonic mean of precision and sensitivity; null where no image is of the class and none is predicted to be.
/// </param>
/// <param name="RocAuc">Area under the ROC curve; null where all images are of the class, or none is.</param>
public sealed record ClassResult(
    string Name, long Images, Estimate? Sensitivity, Estimate? Specificity, Estimate? Precision, Estimate? F1,
    Estimate? RocAuc)
{
    internal static ClassResult Of(ClassMetrics metrics) => new(
        metrics.Name, metrics.Confusion[1, 0] + metrics.Confusion[1, 1], metrics.Sensitivity, metrics.Specificity,
        metrics.Precision, metrics.F1, metrics.RocAuc);
}
