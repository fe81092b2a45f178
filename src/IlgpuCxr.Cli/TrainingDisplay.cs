using System.Globalization;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Training;
using IlgpuCxr.Weights;
using Spectre.Console;

namespace IlgpuCxr.Cli;

/// <summary>Shows a run while it trains: a live line on a terminal, a line an epoch elsewhere.</summary>
internal static class TrainingDisplay
{
    private const string Columns = "epoch     loss   train loss    acc     F1   val loss    acc     F1   time  images/s";

    /// <summary>Says what is about to be trained.</summary>
    public static void PrintHeader(ComputeDevice device, TrainingOptions options, WeightImportReport? imported, ImageFolder data)
    {
        Console.Out.WriteLine($"{device.Name}");
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Network} from {(imported is null ? "random weights" : Path.GetFileName(imported.Path))}, {options.Size}x{options.Size}, batch {options.Batch}, {Loss(options)}, {Optimizer(options.Optimizer)}, seed {options.Seed}, frozen: {options.Freeze}"));
        if (imported is not null)
            Console.Out.WriteLine($"weights: {imported}");
        Console.Out.WriteLine(
            $"{data.Train.Count} training, {data.Validation.Count} validation, {data.Test.Count} test images of {string.Join(", ", data.ClassNames)}{(data.Unlabelled.Count > 0 ? $", {data.Unlabelled.Count} without labels" : "")}");
        Console.Out.WriteLine();
    }

    /// <summary>Runs a training under observation.</summary>
    public static IReadOnlyList<EpochResult> Run(bool quiet, Func<ITrainingObserver, IReadOnlyList<EpochResult>> train)
    {
        if (quiet)
            return train(new Silent());
        Console.Out.WriteLine(Columns);
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
            return train(new Lines());
        IReadOnlyList<EpochResult>? history = null;
        AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => history = train(new Live(context)));
        return history!;
    }

    private static string Loss(TrainingOptions options) => options.Loss switch
    {
        LossKind.CrossEntropy => "cross entropy",
        LossKind.BinaryCrossEntropy => "binary cross entropy",
        _ => string.Create(CultureInfo.InvariantCulture, $"focal loss alpha {options.Focal.Alpha} gamma {options.Focal.Gamma} ({(options.Focal.Mean ? "mean" : "sum")})"),
    };

    private static string Optimizer(OptimizerOptions options)
    {
        string name = options.Kind switch { OptimizerKind.Sgd => "SGD", OptimizerKind.Adam => "Adam", _ => "AdamW" };
        string more = options.Kind == OptimizerKind.Sgd
            ? string.Create(CultureInfo.InvariantCulture, $" momentum {options.Momentum}{(options.Nesterov ? " Nesterov" : "")}")
            : string.Create(CultureInfo.InvariantCulture, $" betas {options.Beta1} {options.Beta2}");
        string decay = options.WeightDecay == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" weight decay {options.WeightDecay}");
        return string.Create(CultureInfo.InvariantCulture, $"{name} lr {options.LearningRate}{more}{decay}");
    }

    private static string Row(EpochResult result, bool isBest)
    {
        string metrics = string.Create(
            CultureInfo.InvariantCulture,
            $"{result.TrainLoss,12:F4} {result.TrainAccuracy,6:F2} {result.TrainF1,6:F3} {result.ValidationLoss,10:F4} {result.ValidationAccuracy,6:F2} {result.ValidationF1,6:F3} {result.Seconds,5:F0}s");
        return result.Epoch == EpochResult.Untrained
            ? string.Create(CultureInfo.InvariantCulture, $"{"-",5} {"",8} {metrics}")
            : string.Create(CultureInfo.InvariantCulture, $"{result.Epoch,5} {result.Loss,8:F4} {metrics} {result.ImagesPerSecond,9:F1}{(isBest ? "  best" : "")}");
    }

    private sealed class Silent : ITrainingObserver
    {
        public void OnProgress(in TrainingProgress progress) { }

        public void OnEpoch(EpochResult result, bool isBest) { }
    }

    private sealed class Lines : ITrainingObserver
    {
        public void OnProgress(in TrainingProgress progress) { }

        public void OnEpoch(EpochResult result, bool isBest) => Console.Out.WriteLine(Row(result, isBest));
    }

    private sealed class Live(ProgressContext context) : ITrainingObserver
    {
        private readonly ProgressTask task = context.AddTask("starting", maxValue: 1);

        public void OnProgress(in TrainingProgress progress)
        {
            string phase = progress.Phase switch
            {
                TrainingPhase.Training => "training",
                TrainingPhase.EvaluatingTraining => "evaluating training images",
                _ => "validating",
            };
            task.Description = string.Create(
                CultureInfo.InvariantCulture,
                $"{(progress.Epoch == EpochResult.Untrained ? "before training" : $"epoch {progress.Epoch + 1}/{progress.Epochs}")}, {phase} {progress.Step}/{progress.Steps}, loss {progress.Loss:F4}, {progress.ImagesPerSecond:F1} images/s");
            task.Value = progress.Done;
        }

        public void OnEpoch(EpochResult result, bool isBest) => AnsiConsole.WriteLine(Row(result, isBest));
    }
}
