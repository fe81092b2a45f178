using IlgpuCxr.Metrics;

namespace IlgpuCxr.Training;

/// <summary>How a network does on a set of images.</summary>
/// <param name="Loss">Mean loss over the images.</param>
/// <param name="Confusion">Rows actual, columns predicted.</param>
public sealed record Evaluation(double Loss, ConfusionMatrix Confusion)
{
    /// <summary>The class that F1 is of: the study's is scikit-learn's with its default positive label 1, the class "normal".</summary>
    public const int PositiveClass = 1;

    /// <summary>Share of images whose class was predicted, in percent.</summary>
    public double Accuracy => 100 * Confusion.Accuracy;

    /// <summary>F1 of the class with index 1.</summary>
    public double F1 => Confusion.F1(PositiveClass);
}
