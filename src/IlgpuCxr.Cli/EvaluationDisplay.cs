using System.Globalization;
using IlgpuCxr.Training;
using Spectre.Console;

namespace IlgpuCxr.Cli;

/// <summary>Prints how a checkpoint does.</summary>
internal static class EvaluationDisplay
{
    /// <summary>Prints a line and a confusion matrix for each set of images.</summary>
    public static void Print(string checkpoint, CheckpointInfo info, IReadOnlyList<(string Split, Evaluation Evaluation)> results)
    {
        Console.Out.WriteLine($"{checkpoint}: epoch {info.History[^1].Epoch}, validation accuracy {Output.Number(info.History[^1].ValidationAccuracy, 2)} %");
        foreach ((string split, Evaluation evaluation) in results)
        {
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{split}: accuracy {evaluation.Accuracy:F2} %, F1 of {info.Classes[Evaluation.PositiveClass]} {evaluation.F1:F4}, loss {evaluation.Loss:F4}"));
        }
        foreach ((string split, Evaluation evaluation) in results)
            AnsiConsole.Write(Confusion(split, info.Classes, evaluation));
    }

    /// <summary>What <c>--json</c> prints.</summary>
    public static object AsJson(CheckpointInfo info, IReadOnlyList<(string Split, Evaluation Evaluation)> results) => new
    {
        info.History[^1].Epoch,
        info.Classes,
        Splits = results.ToDictionary(
            result => result.Split,
            result => new { result.Evaluation.Loss, result.Evaluation.Accuracy, result.Evaluation.F1, Confusion = Rows(result.Evaluation) }),
    };

    private static long[][] Rows(Evaluation evaluation)
    {
        int[] classes = [.. Enumerable.Range(0, evaluation.Confusion.Classes)];
        return [.. classes.Select(actual => classes.Select(predicted => evaluation.Confusion[actual, predicted]).ToArray())];
    }

    private static Table Confusion(string split, IReadOnlyList<string> classes, Evaluation evaluation)
    {
        Table table = Output.Table($"{split}: rows actual, columns predicted", ["", .. classes]);
        for (int actual = 0; actual < classes.Count; actual++)
        {
            string[] counts = [.. Enumerable.Range(0, classes.Count).Select(predicted => Output.Count(evaluation.Confusion[actual, predicted]))];
            table.AddRow([Markup.Escape(classes[actual]), .. counts]);
        }
        return table;
    }
}
