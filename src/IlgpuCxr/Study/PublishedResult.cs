using IlgpuCxr.Metrics;

namespace IlgpuCxr.Study;

/// <summary>What the study printed about a row.</summary>
/// <param name="BestEpoch">
/// Index, from 0, of the epoch with the highest validation accuracy; the study's column "epochs".
/// </param>
/// <param name="Accuracy">
/// In percent, a number a split: train, validation and in Part 1 test. In Part 2 the Jaccard index over images.
/// </param>
/// <param name="F1">A number a split. In Part 1 of the class "normal", in Part 2 over images.</param>
/// <param name="Confusion">
/// The matrices read off the study's figures, by split and class; null where it shows none. In Part 1 one matrix a
/// split, infected and normal, rows actual; in Part 2 one a class, COVID-19, pneumonia, normal, each TN FP; FN TP.
/// </param>
public sealed record PublishedResult(
    int BestEpoch, IReadOnlyList<double> Accuracy, IReadOnlyList<double> F1,
    IReadOnlyList<IReadOnlyList<ConfusionMatrix>>? Confusion)
{
    /// <summary>A matrix of two classes: <c>first first, first second; second first, second second</c>.</summary>
    internal static ConfusionMatrix Matrix(long a, long b, long c, long d)
    {
        var matrix = new ConfusionMatrix(2);
        matrix.Add(0, 0, a);
        matrix.Add(0, 1, b);
        matrix.Add(1, 0, c);
        matrix.Add(1, 1, d);
        return matrix;
    }
}
