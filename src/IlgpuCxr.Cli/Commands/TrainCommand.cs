using System.CommandLine;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Reports;
using IlgpuCxr.Study;
using IlgpuCxr.Training;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr train</c>: one training run.</summary>
internal static class TrainCommand
{
    private static readonly TrainingOptions Defaults = new();

    private static readonly Option<string> Weights = new("--weights")
    {
        Description = "What to start from: random, imagenet (see 'cxr weights fetch'), a .pth, .safetensors or .h5 file, or a directory with one.",
        DefaultValueFactory = _ => InitialWeights.RandomName,
    };

    private static readonly Option<int> Hidden = OptionKinds.Number<int>(
        "--hidden", "Features of the classifier's hidden layer, 0 for none. [default: 130; multilabel: 0]");

    private static readonly Option<float> Dropout = OptionKinds.Number<float>(
        "--dropout",
        "Share of values dropped after the classifier's hidden layers, those of VGG16's own included. [default: 0; multilabel: 0.5]");

    private static readonly Option<LossKind> Loss = OptionKinds.Choice<LossKind>(
        "--loss", "ce for binary; bce or focal for multilabel. [default: ce; multilabel: bce]");

    private static readonly Option<float> Alpha = OptionKinds.Number<float>(
        "--alpha", "Focal loss: weight of labels that an image has.", Defaults.Focal.Alpha);

    private static readonly Option<float> Gamma = OptionKinds.Number<float>(
        "--gamma", "Focal loss: how much labels that are right are played down.", Defaults.Focal.Gamma);

    private static readonly Option<string> Reduction = new Option<string>("--reduction")
    {
        Description = "Focal loss: over images and labels; the study sums.",
        DefaultValueFactory = _ => "sum",
    }.OneOf("sum", "mean");

    private static readonly Option<OptimizerKind> OptimizerName = OptionKinds.Choice<OptimizerKind>(
        "--optimizer", "The optimizer. [default: sgd]");

    private static readonly Option<float> LearningRate = OptionKinds.Number<float>(
        "--lr", "The learning rate.", Defaults.Optimizer.LearningRate);

    private static readonly Option<float> Momentum = OptionKinds.Number<float>(
        "--momentum", "SGD's momentum.", Defaults.Optimizer.Momentum);

    private static readonly Option<bool> Nesterov = new("--nesterov")
    {
        Description = "SGD: look ahead along the momentum.",
    };

    private static readonly Option<float> WeightDecay = OptionKinds.Number<float>(
        "--weight-decay", "Pull of the weights towards zero. [default: 0; adamw: 0.01]");

    private static readonly Option<float> Beta1 = OptionKinds.Number<float>(
        "--beta1", "Adam: share of the mean gradient that is kept.", Defaults.Optimizer.Beta1);

    private static readonly Option<float> Beta2 = OptionKinds.Number<float>(
        "--beta2", "Adam: share of the mean squared gradient that is kept.", Defaults.Optimizer.Beta2);

    private static readonly Option<float> Epsilon = OptionKinds.Number<float>(
        "--eps", "Adam: keeps the divisor from zero.", Defaults.Optimizer.Epsilon);

    private static readonly Option<bool> CentralizeGradients = new("--centralize-gradients")
    {
        Description = "Take from the gradients of each output's weights their mean: VGG16 learns sooner from random weights.",
    };

    private static readonly Option<ImageTransforms> Augmentation = OptionKinds.Choice<ImageTransforms>(
        "--augmentation", "The transforms of the study's part 1 or 2. [default: part1; multilabel: part2]");

    private static readonly Option<int> Epochs = OptionKinds.Number<int>(
        "--epochs", "Passes over the training images.", Defaults.Epochs);

    private static readonly Option<long> Seed = OptionKinds.Number<long>(
        "--seed", "Seed of everything random.", Defaults.Seed);

    private static readonly Option<string> Out = new("--out")
    {
        Description = "Directory for the results.",
        DefaultValueFactory = _ => Path.Combine("runs", "train"),
    };

    private static readonly Option<bool> Resume = new("--resume")
    {
        Description = "Go on from the last checkpoint in --out.",
    };

    public static Command Create()
    {
        var command = new Command("train", "Train a network and evaluate it after each epoch.")
        {
            CommonOptions.Network, DataOptions.Data, DataOptions.Task, Weights, Hidden, Dropout, CommonOptions.Freeze,
            CommonOptions.Size, CommonOptions.Batch, Augmentation, Loss, Alpha, Gamma, Reduction, OptimizerName,
            LearningRate, Momentum, Nesterov, WeightDecay, Beta1, Beta2, Epsilon, CentralizeGradients, Epochs, Seed,
            Out, Resume, DataOptions.Strict, CommonOptions.Device, CommonOptions.Threads, CommonOptions.Algorithms,
            CommonOptions.Precision, CommonOptions.Json, CommonOptions.Quiet,
        };
        command.SetStoppableAction(Run, AfterInterruption);
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        InitialWeights weights = InitialWeights.Find(
            parsed.GetValue(Weights)!, parsed.GetValue(CommonOptions.Network)!);
        TrainingOptions options = Options(parsed) with { Weights = weights.Identity };
        options.Validate();
        ImageDataset data = ImageDataset.Open(parsed.GetValue(DataOptions.Data)!, options.Task);
        using ComputeDevice device = CommonOptions.OpenDevice(parsed);
        Run(parsed, device, options, weights, data, cancellation);
        return 0;
    }

    /// <summary>Trains, evaluates the best epoch and reports.</summary>
    internal static void Run(
        ParseResult parsed, ComputeDevice device, TrainingOptions options, InitialWeights weights, ImageDataset data,
        CancellationToken cancellation)
    {
        ImageBatchLoader loader = DataOptions.OpenLoader(parsed, options);
        try
        {
            Run(parsed, device, options, weights, data, loader, cancellation);
        }
        finally
        {
            DataOptions.PrintUnreadable(loader);
        }
    }

    private static void Run(
        ParseResult parsed, ComputeDevice device, TrainingOptions options, InitialWeights weights, ImageDataset data,
        ImageBatchLoader loader, CancellationToken cancellation)
    {
        bool isJson = parsed.GetValue(CommonOptions.Json), quiet = isJson || parsed.GetValue(CommonOptions.Quiet);
        var run = new RunDirectory(parsed.GetValue(Out)!);
        using var trainer = new Trainer(device, options, data, loader, run, weights);
        if (parsed.GetValue(Resume))
            trainer.Resume();
        else
            trainer.Begin();
        bool isDone = trainer.IsDone;
        if (!quiet && isDone)
            Output.Line(
                $"'{run.Location}' has {ReportText.Count(trainer.EpochsDone, "epoch")} already: nothing is left to train, unless --epochs asks for more.");
        else if (!quiet)
            TrainingDisplay.PrintHeader(device, options, trainer.Imported, data);
        IReadOnlyList<EpochResult> history = TrainingDisplay.Run(
            quiet || isDone, observer => trainer.Run(observer, cancellation));
        if (history.Count(epoch => epoch.Seconds == 0) is > 0 and int untimed)
            Output.ErrorLine(
                $"'{run.Location}' has no log.csv any more that tells the times of {ReportText.Count(untimed, "epoch")}; they count as 0 s.");
        // What is evaluated is another network: a device on which training just fits has no room for both.
        trainer.FreeMemory();
        // The report tells which could not be read, and without an epoch nobody has read them.
        if (isDone)
            _ = loader.Augmented(data.Train, options.Seed, 0, cancellation).Count();

        (CheckpointInfo best, IReadOnlyList<SplitEvaluation> results) = CheckpointEvaluation.Run(
            device, run.Best, data, loader, training: false, cancellation);
        if (isJson)
            Output.Json(new { Out = run.Location, History = history, Best = EvaluationDisplay.AsJson(best, results) });
        else
            EvaluationDisplay.Print(run.Best, best, results);
        // A run that has more epochs than are asked for keeps them.
        RunReport.Write(run, new RowResult(
            new RowConfiguration("", options with { Epochs = trainer.EpochsDone }, data.Describe()), trainer.TrainedOn, history,
            history.Sum(epoch => epoch.Seconds), [.. results.Select(SplitResult.Of)])
        {
            LeftOut = LeftOutImages.Of(data, loader.Unreadable),
        });
    }

    private static string AfterInterruption(ParseResult parsed) =>
        Checkpoint.Exists(RunDirectory.LastIn(parsed.GetValue(Out)!))
        ? "Interrupted; what was saved stays, and the same command with --resume goes on from there."
        : "Interrupted before an epoch was saved; the same command starts again.";

    /// <summary>What the options say; what is not given is the study's.</summary>
    internal static TrainingOptions Options(ParseResult parsed)
    {
        TrainingOptions study = TrainingOptions.Study(parsed.GetValue(DataOptions.Task));
        LossKind loss = Given(Loss, study.Loss);
        OptimizerKind optimizer = parsed.GetValue(OptimizerName);
        string network = parsed.GetValue(CommonOptions.Network)!;
        int hidden = Given(Hidden, study.Hidden);
        RefuseWithout(
            (study with { Network = network, Hidden = hidden }).HasDropout(),
            $"--hidden, because {network}'s own classifier drops nothing", Dropout);
        RefuseWithout(loss == LossKind.Focal, "--loss focal", Alpha, Gamma, Reduction);
        RefuseWithout(optimizer == OptimizerKind.Sgd, "--optimizer sgd", Momentum, Nesterov);
        RefuseWithout(optimizer != OptimizerKind.Sgd, "--optimizer adam or adamw", Beta1, Beta2, Epsilon);
        return study with
        {
            Network = network,
            Hidden = hidden,
            Dropout = Given(Dropout, study.Dropout),
            Loss = loss,
            Focal = new FocalOptions(
                parsed.GetValue(Alpha), parsed.GetValue(Gamma), Mean: parsed.GetValue(Reduction) == "mean"),
            Optimizer = new OptimizerOptions
            {
                Kind = optimizer,
                LearningRate = parsed.GetValue(LearningRate),
                Momentum = parsed.GetValue(Momentum),
                Nesterov = parsed.GetValue(Nesterov),
                // As in PyTorch, whose AdamW decays unless told otherwise.
                WeightDecay = Given(
                    WeightDecay,
                    optimizer == OptimizerKind.AdamW ? AdamOptions.AdamW.WeightDecay : Defaults.Optimizer.WeightDecay),
                Beta1 = parsed.GetValue(Beta1),
                Beta2 = parsed.GetValue(Beta2),
                Epsilon = parsed.GetValue(Epsilon),
                CentralizeGradients = parsed.GetValue(CentralizeGradients),
            },
            Augmentation = Given(Augmentation, study.Augmentation),
            Size = parsed.GetValue(CommonOptions.Size),
            Batch = parsed.GetValue(CommonOptions.Batch),
            Epochs = parsed.GetValue(Epochs),
            Freeze = parsed.GetValue(CommonOptions.Freeze)!,
            Seed = parsed.GetValue(Seed),
        };

        // What is not given depends on the task.
        T Given<T>(Option<T> option, T otherwise) =>
            parsed.IsGiven(option) ? parsed.GetValue(option)! : otherwise;

        void RefuseWithout(bool isUsed, string user, params Option[] options)
        {
            if (!isUsed && Array.Find(options, parsed.IsGiven) is { } idle)
                throw new UsageException($"{idle.Name} has no effect without {user}: use both or neither.");
        }
    }
}
