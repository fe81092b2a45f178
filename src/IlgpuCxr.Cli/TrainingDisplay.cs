using System.Diagnostics;
using System.Globalization;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Reports;
using IlgpuCxr.Training;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Cli;

/// <summary>Shows a run while it trains: a live line on a terminal, a line per epoch elsewhere.</summary>
internal static class TrainingDisplay
{
    internal const string Columns =
        "epoch     loss   train loss    acc     F1   val loss    acc     F1   time  images/s";

    /// <summary>Says what is about to be trained.</summary>
    public static void PrintHeader(
        ComputeDevice device, TrainingOptions options, WeightImportReport? imported, ImageDataset data)
    {
        Output.Line(DeviceText.Of(device));
        Output.Line(
            $"{options.Network} from {(imported is null ? "random weights" : Path.GetFileName(imported.Path))}, {ReportText.Configuration(options)}");
        if (imported is not null)
            Output.Line($"weights: {imported}");
        Output.Line(
            $"{data.Train.Count} training, {data.Validation.Count} validation, {data.Test.Count} test image files of {string.Join(", ", data.ClassNames)}{(data.Unlabelled.Count > 0 ? $", {data.Unlabelled.Count} without labels" : "")}{(ReportText.F1(data.Task, data.ClassNames) == ReportText.MacroF1 ? $"; F1 is {ReportText.MacroF1}" : "")}");
        Output.Line("");
    }

    /// <summary>Runs a training under observation.</summary>
    public static IReadOnlyList<EpochResult> Run(bool quiet, Func<ITrainingObserver, IReadOnlyList<EpochResult>> train)
    {
        if (quiet)
            return train(new Lines(TextWriter.Null));
        Output.Line(Columns);
        using LiveLine? line = LiveLine.Open();
        return train(line is null ? new Lines(Console.Out) : new Live(line));
    }

    /// <summary>
    /// Where a run is, in a line: epochs are told by their numbers in the table, which are counted from 0, and by their
    /// places among all.
    /// </summary>
    /// <param name="progress">Where it is.</param>
    /// <param name="left">What is known of the time left.</param>
    public static string Progress(in TrainingProgress progress, string left)
    {
        string phase = progress.Phase switch
        {
            TrainingPhase.Training => "training",
            TrainingPhase.EvaluatingTraining => "evaluating training images",
            _ => "validating",
        };
        string epoch = progress.Epoch == EpochResult.Untrained
            ? "before training"
            : $"epoch {progress.Epoch} ({progress.Epoch + 1} of {progress.Epochs})";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{epoch}, {phase} {progress.Step}/{progress.Steps}, {100 * progress.Done:F0} %{left}, loss {progress.Loss():F4}, {progress.ImagesPerSecond:F1} images/s");
    }

    /// <summary>A loss in so many characters, at least 8, whatever it has grown to.</summary>
    internal static string Loss(double loss, int width)
    {
        string text = loss.ToString(loss < 1e6 ? "F4" : "0.00e+00", CultureInfo.InvariantCulture).PadLeft(width);
        // Six digits leave room for one decimal.
        return loss < 1e6 ? text[..width] : text;
    }

    /// <summary>An epoch in the table, below <see cref="Columns"/>.</summary>
    internal static string Row(EpochResult result, bool isBest)
    {
        string metrics = string.Create(
            CultureInfo.InvariantCulture,
            $"{Loss(result.TrainLoss, 12)} {result.TrainAccuracy,6:F2} {result.TrainF1,6:F3} {Loss(result.ValidationLoss, 10)} {result.ValidationAccuracy,6:F2} {result.ValidationF1,6:F3} {result.Seconds,5:F0}s");
        return result.Epoch == EpochResult.Untrained
            ? string.Create(CultureInfo.InvariantCulture, $"{"-",5} {"",8} {metrics}")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Epoch,5} {Loss(result.Loss ?? double.NaN, 8)} {metrics} {result.ImagesPerSecond,9:F1}{(isBest ? "  best" : "")}");
    }

    private sealed class Lines(TextWriter output) : ITrainingObserver
    {
        public void OnProgress(in TrainingProgress progress) { }

        public void OnEpoch(EpochResult result, bool isBest) => output.WriteLine(Row(result, isBest));
    }

    private sealed class Live(LiveLine line) : ITrainingObserver
    {
        private double doneAtStart = -1;
        private long start;

        public void OnProgress(in TrainingProgress progress) => line.Show(Progress(progress, Left(progress.Done)));

        public void OnEpoch(EpochResult result, bool isBest) => line.Print(Row(result, isBest));

        // Of a resumed run some was done before.
        private string Left(double done)
        {
            if (doneAtStart < 0)
                (doneAtStart, start) = (done, Stopwatch.GetTimestamp());
            return done > doneAtStart
                ? $", {ReportText.Time(Stopwatch.GetElapsedTime(start).TotalSeconds * (1 - done) / (done - doneAtStart))} left"
                : "";
        }
    }
}
