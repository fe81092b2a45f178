using System.Globalization;
using IlgpuCxr.Data;
using IlgpuCxr.Metrics;
using IlgpuCxr.Study;
using IlgpuCxr.Training;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Reports;

/// <summary>The sentences of the report, for both of its forms and the console.</summary>
public static class ReportText
{
    /// <summary>What F1 is called where it is the mean of the classes'.</summary>
    public const string MacroF1 = "macro F1";

    /// <summary>The index of the label COVID-19.</summary>
    internal const int Covid = 0;

    // Nothing else would tell why the losses of two splits differ by the number of their images.
    private const string Sum = "sum over images";

    internal const string Title = "Chest X-rays, twelve runs: the study and this reproduction";

    internal const string Study =
        "The study (2020) fine-tunes VGG16 and ResNet18 on chest X-rays: Part 1 tells infected from normal, Part 2 labels COVID-19, pneumonia and normal. " +
        "Here every row is trained by this project's own kernels, and each number stands beside the published one.";

    internal const string Disclaimer =
        "For learning only. Nothing here is a medical device, and no number says anything about a patient.";

    internal const string PhantomNotice =
        "Trained on phantoms: synthetic X-rays that are drawn, fewer and smaller than the study's images. How far a number is from the paper's says " +
        "nothing about the study; what can be looked at is that the networks learn, and how the rows and losses compare with one another. A threshold on the " +
        "brightness alone is right for 56 to 74 % of Part 1's: a row below that need not have found the shape of anything.";

    internal const string RandomNotice =
        "Trained from random weights, where the study starts from ImageNet's: rows whose layers are frozen keep random features, and learn little.";

    private const string MisprintNotice =
        "The paper's training accuracy of row 8 is a misprint: 90.81 stands here as printed, but the study's own confusion matrix and curve say 91.81.";

    internal const string CovidNotice =
        "Few images show COVID-19 (3 % of the study's), so a network may miss nearly all of them and still have an accuracy of 90 %. " +
        "In the study binary cross entropy finds 3 and 0 of the 28 COVID-19 images of the validation set, the focal loss 16 and 21: the accuracies hide it.";

    internal const string RunTitle = "Chest X-rays: a training run";

    private const string MatrixNotice =
        "In a confusion matrix a row is what images are, a column what they are predicted to be.";

    internal const string RunCurveNotice =
        "Training red, validation blue. The ring marks the best epoch, whose weights all numbers are of. "
        + MatrixNotice;

    internal const string CurveNotice =
        "Training red, validation blue; solid with dots is ours, dotted is the paper's. The ring marks the best epoch, at which the study cuts its curves. " + MatrixNotice;

    internal static readonly string NoMatrixNotice =
        $"Of more than {ConfusionPlot.MostClasses} classes no confusion matrix is drawn; the table has each class.";

    internal const string MetricNotice =
        "Each class against the rest. Sensitivity: of the images of the class, the part found. Specificity: of the others, the part left alone. Precision: of " +
        "those predicted to be of the class, the part that is. F1: the harmonic mean of precision and sensitivity. AUC: area under the ROC curve. In brackets " +
        "95 % intervals (Wilson's for shares, bootstrap over the images within each class for F1 and AUC, - where all its samples come out the same): " +
        "a few images make them wide.";

    /// <summary>How well a checkpoint does on a set of images, in a line.</summary>
    /// <param name="accuracy">As <see cref="Evaluation.Accuracy"/> is.</param>
    /// <param name="f1">As <see cref="Evaluation.F1"/> is.</param>
    /// <param name="loss">As <see cref="Evaluation.Loss"/> is.</param>
    /// <param name="options">How the network was trained.</param>
    /// <param name="classes">The classes, in the order of the logits.</param>
    public static string Metrics(
        double accuracy, double f1, double loss, TrainingOptions options, IReadOnlyList<string> classes) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Accuracy(options.Task)} {accuracy:F2} %, {F1(options.Task, classes)} {f1:F4}, loss {loss:F4}{(options.Criterion.Sums ? $" ({Sum})" : "")}");

    /// <summary>What must be known of the study's own numbers; null where nothing of these rows.</summary>
    /// <param name="rows">The rows whose numbers are shown.</param>
    public static string? Misprint(IEnumerable<StudyRow> rows) =>
        rows.Any(row => row.Id == PublishedTables.MisprintedRow) ? MisprintNotice : null;

    /// <summary>What <see cref="Evaluation.Accuracy"/> is called.</summary>
    /// <param name="task">One class an image, or several labels.</param>
    public static string Accuracy(ClassificationTask task) =>
        task == ClassificationTask.Binary ? "accuracy" : "Jaccard index over images";

    /// <summary>What <see cref="Evaluation.F1"/> is called.</summary>
    /// <param name="task">One class an image, or several labels.</param>
    /// <param name="classes">The classes, in the order of the logits.</param>
    public static string F1(ClassificationTask task, IReadOnlyList<string> classes) => (task, classes.Count) switch
    {
        (ClassificationTask.MultiLabel, _) => "F1 over images",
        (_, > 2) => MacroF1,
        _ => $"F1 of {classes[Evaluation.PositiveClass]}",
    };

    /// <summary>A run's numbers, a sentence a split, and where they were computed.</summary>
    internal static IEnumerable<string> Metrics(RowResult run) =>
    [
        .. run.Splits.Select(split =>
            $"{split.Split}: {Metrics(split.Accuracy, split.F1, split.Loss, run.Configuration.Options, run.Configuration.Data.Classes)}."),
        $"Trained on {DeviceText.Of(run.Device, run.Precision, run.Algorithms)}.",
    ];

    /// <summary>
    /// How a network is trained, in a line: all that decides the result but the network, its first weights, the epochs
    /// and the images.
    /// </summary>
    /// <param name="options">How.</param>
    public static string Configuration(TrainingOptions options)
    {
        string dropout = options.HasDropout()
            ? string.Create(CultureInfo.InvariantCulture, $", dropout {options.Dropout}")
            : "";
        string augmentation = options.Augmentation == ImageTransforms.Part1 ? "part1" : "part2";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Size}x{options.Size}, batch {options.Batch}, {Loss(options)}, {Optimizer(options.Optimizer)}, hidden {options.Hidden}{dropout}, augmentation {augmentation}, seed {options.Seed}, frozen: {options.Freeze}");
    }

    private static string Loss(TrainingOptions options) => options.Loss switch
    {
        LossKind.CrossEntropy => "cross entropy",
        LossKind.BinaryCrossEntropy => "binary cross entropy",
        _ =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"focal loss alpha {options.Focal.Alpha} gamma {options.Focal.Gamma} ({(options.Focal.Mean ? "mean" : Sum)})"),
    };

    private static string Optimizer(OptimizerOptions options)
    {
        string name = options.Kind == OptimizerKind.Sgd ? "SGD" : options.Kind.ToString();
        string more = options.Kind == OptimizerKind.Sgd
            ? string.Create(
                CultureInfo.InvariantCulture, $" momentum {options.Momentum}{(options.Nesterov ? " Nesterov" : "")}")
            : string.Create(
                CultureInfo.InvariantCulture, $" betas {options.Beta1} {options.Beta2} eps {options.Epsilon}");
        string decay = options.WeightDecay == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" weight decay {options.WeightDecay}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name} lr {options.LearningRate}{more}{decay}{(options.CentralizeGradients ? " centralized gradients" : "")}");
    }

    /// <summary>How a row is trained, and from what, in a line.</summary>
    /// <param name="row">What decides its result.</param>
    public static string Configuration(RowConfiguration row) =>
        $"{Configuration(row.Options)}, {Count(row.Options.Epochs, "epoch")}, {Weights(row.Options)}";

    /// <summary>What a row starts from.</summary>
    /// <param name="options">How it is trained.</param>
    internal static string Weights(TrainingOptions options) =>
        options.Weights == InitialWeights.RandomName
        ? "random weights"
        : $"imported weights ({options.Weights[..Math.Min(options.Weights.Length, 15)]})";

    /// <summary>The images of a row, in a line.</summary>
    /// <param name="data">The images.</param>
    public static string Data(DataDescription data)
    {
        string test = data.Test > 0 ? $", {data.Test - data.Unlabelled} test" : "";
        if (data.Unlabelled > 0)
            test += $", {data.Unlabelled} without labels";
        return $"{(data.Kind == DataDescription.Phantoms ? "phantoms" : "given images")}: {data.Train} training, {data.Validation} validation{test}";
    }

    /// <summary>What could not be read of a row's images, in a sentence.</summary>
    internal static string LeftOut(LeftOutImages images)
    {
        int more = images.Count - images.First.Count;
        return
            $"{Count(images.Count, "image")} could not be read and {(images.Count == 1 ? "was" : "were")} left out: {string.Join(", ", images.First)}{(more > 0 ? $" and {more} more" : "")}.";
    }

    /// <summary>Where the rows were computed.</summary>
    internal static string Devices(IReadOnlyList<RowReport> rows) =>
        rows.Count == 0 ? "no device yet" : string.Join("; ", rows.Select(row => DeviceText.Of(row.Result.Device, row.Result.Precision, row.Result.Algorithms)).Distinct());

    /// <summary>A time for people.</summary>
    /// <param name="seconds">In seconds.</param>
    public static string Time(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Round(seconds));
        return time.TotalHours >= 1
            ? $"{(int)time.TotalHours} h {time.Minutes:00} min"
            : time.TotalMinutes >= 1
            ? $"{time.Minutes} min {time.Seconds:00} s"
            : $"{time.Seconds} s";
    }

    /// <summary>A number and what is counted.</summary>
    /// <param name="number">How many.</param>
    /// <param name="what">Of one of them.</param>
    public static string Count(int number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";

    internal static string Number(double value, int decimals) =>
        value.ToString("F" + decimals, CultureInfo.InvariantCulture);

    internal static string Interval(Estimate estimate) => estimate.HasWidth
        ? $"{Number(estimate.Lower, 2)}\u2013{Number(estimate.Upper, 2)}"
        : StudyTableCell.Missing;

    /// <summary>How much COVID-19 the study's network finds on a split; null where it shows no matrix.</summary>
    internal static (long Found, long Images)? PublishedCovid(StudyRow row, string split)
    {
        if (row.PublishedConfusion(split) is not { } confusion)
            return null;
        ConfusionMatrix matrix = confusion[Covid];
        return (matrix[1, 1], matrix[1, 0] + matrix[1, 1]);
    }

    /// <summary>How much COVID-19 our network finds on a split.</summary>
    internal static (long Found, long Images)? OurCovid(RowResult result, string split) =>
        result.Of(split) is { } of ? (of.Confusion[Covid][1][1], of.Confusion[Covid][1].Sum()) : null;

    internal static string Share((long Found, long Images)? part) =>
        part is { Images: > 0 } p
        ? $"{p.Found} of {p.Images} ({Number(100.0 * p.Found / p.Images, 0)} %)"
        : StudyTableCell.Missing;
}
