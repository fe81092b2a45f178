using System.Globalization;
using IlgpuCxr.Metrics;
using IlgpuCxr.Reports;
using IlgpuCxr.Training;

namespace IlgpuCxr.Cli;

/// <summary>Prints how a checkpoint does.</summary>
internal static class EvaluationDisplay
{
    /// <summary>Prints a line and a confusion matrix for each set of images.</summary>
    public static void Print(string checkpoint, CheckpointInfo info, IReadOnlyList<SplitEvaluation> results)
    {
        Output.Line(info.History is [.., var last]
            ? $"{checkpoint}: epoch {last.Epoch}, validation {ReportText.Accuracy(info.Options.Task)} {Output.Number(last.ValidationAccuracy, 2)} %"
            : $"{checkpoint}: no epoch was noted");
        foreach ((string split, Evaluation evaluation, _) in results)
            Output.Line(
                $"{split}: {ReportText.Metrics(evaluation.Accuracy, evaluation.F1, evaluation.Loss, info.Options, info.Classes)}");
        foreach ((string split, Evaluation evaluation, IReadOnlyList<ClassMetrics> classes) in results)
        {
            if (evaluation.Averages is null)
                PrintConfusion(split, info.Classes, evaluation.Confusion[0]);
            PrintClasses(split, classes);
        }
    }

    /// <summary>What <c>--json</c> prints.</summary>
    public static object AsJson(CheckpointInfo info, IReadOnlyList<SplitEvaluation> results) => new
    {
        Epoch = info.History is [.., var last] ? last.Epoch : (int?)null,
        info.Classes,
        Splits = results.ToDictionary(
            result => result.Split,
            result => new
            {
                result.Evaluation.Loss,
                result.Evaluation.Accuracy,
                result.Evaluation.F1,
                F1Name = ReportText.F1(info.Options.Task, info.Classes),
                result.Evaluation.Averages,
                Confusion = result.Evaluation.Averages is null ? result.Evaluation.Confusion[0].Rows : null,
                PerClass = result.Classes.Select(metrics => new
                {
                    metrics.Name,
                    Confusion = metrics.Confusion.Rows,
                    metrics.Sensitivity,
                    metrics.Specificity,
                    metrics.Precision,
                    metrics.F1,
                    metrics.RocAuc,
                }),
            }),
    };

    // A row a metric and a column a class: of three classes, as many as the study has, that fits a terminal.
    private static void PrintClasses(string split, IReadOnlyList<ClassMetrics> classes)
    {
        string[] Row(string name, Func<ClassMetrics, string> value) => [name, .. classes.Select(value)];
        Output.Table(
            $"{split}: each class against the rest, with 95 % intervals",
            ["", .. classes.Select(metrics => metrics.Name)],
            [
                Row("sensitivity", metrics => Interval(metrics.Sensitivity)),
                Row("specificity", metrics => Interval(metrics.Specificity)),
                Row("precision", metrics => Interval(metrics.Precision)),
                Row("F1", metrics => Interval(metrics.F1)),
                Row("ROC AUC", metrics => Interval(metrics.RocAuc)),
                Row("TN, FP", metrics => Counts(metrics.Confusion[0, 0], metrics.Confusion[0, 1])),
                Row("FN, TP", metrics => Counts(metrics.Confusion[1, 0], metrics.Confusion[1, 1])),
            ]);
    }

    private static string Counts(long first, long second) => $"{Output.Count(first)}, {Output.Count(second)}";

    internal static string Interval(Estimate? estimate) => estimate switch
    {
        null => "-",
        { HasWidth: true } e => string.Create(
            CultureInfo.InvariantCulture, $"{e.Value:F3} ({e.Lower:F3}-{e.Upper:F3})"),
        { } e => string.Create(CultureInfo.InvariantCulture, $"{e.Value:F3} (-)"),
    };

    private static void PrintConfusion(string split, IReadOnlyList<string> classes, ConfusionMatrix matrix) =>
        Output.Table(
            $"{split}: rows actual, columns predicted", ["", .. classes],
            classes.Select((name, actual) => (string[])
                [name, .. classes.Select((_, predicted) => Output.Count(matrix[actual, predicted]))]));
}
