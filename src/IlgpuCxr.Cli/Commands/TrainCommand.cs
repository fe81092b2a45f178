using System.CommandLine;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Training;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr train</c>: one training run.</summary>
internal static class TrainCommand
{
    public static readonly Option<string> Freeze = new("--freeze")
    {
        Description = "What does not train: none, backbone, or names such as conv1,bn1,layer1.",
        DefaultValueFactory = _ => "none",
    };

    private static readonly TrainingOptions Defaults = new();

    private static readonly Option<string> Weights =
        new Option<string>("--weights") { Description = "The first weights.", DefaultValueFactory = _ => "random" }.OneOf("random");

    private static readonly Option<float> LearningRate = OptionKinds.Number<float>("--lr", "SGD's learning rate.", Defaults.Sgd.LearningRate);

    private static readonly Option<float> Momentum = OptionKinds.Number<float>("--momentum", "SGD's momentum.", Defaults.Sgd.Momentum);

    private static readonly Option<float> WeightDecay = OptionKinds.Number<float>("--weight-decay", "SGD's weight decay.", Defaults.Sgd.WeightDecay);

    private static readonly Option<int> Epochs = OptionKinds.Number<int>("--epochs", "Passes over the training images.", Defaults.Epochs);

    private static readonly Option<long> Seed = OptionKinds.Number<long>("--seed", "Seed of everything random.", Defaults.Seed);

    private static readonly Option<string> Out = new("--out") { Description = "Directory for the results.", DefaultValueFactory = _ => Path.Combine("runs", "train") };

    private static readonly Option<bool> Resume = new("--resume") { Description = "Go on from the last checkpoint in --out." };

    public static Command Create()
    {
        var command = new Command("train", "Train a network and evaluate it after each epoch.")
        {
            CommonOptions.Network, DataOptions.Data, DataOptions.Task, Weights, Freeze, CommonOptions.Size, CommonOptions.Batch, LearningRate,
            Momentum, WeightDecay, Epochs, Seed, Out, Resume, DataOptions.Strict, CommonOptions.Device, CommonOptions.Threads,
            CommonOptions.Algorithms, CommonOptions.Precision, CommonOptions.Quiet,
        };
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new TrainingOptions
        {
            Network = parsed.GetValue(CommonOptions.Network)!,
            Size = parsed.GetValue(CommonOptions.Size),
            Batch = parsed.GetValue(CommonOptions.Batch),
            Epochs = parsed.GetValue(Epochs),
            Sgd = new SgdOptions(parsed.GetValue(LearningRate), parsed.GetValue(Momentum), parsed.GetValue(WeightDecay)),
            Freeze = parsed.GetValue(Freeze)!,
            Seed = parsed.GetValue(Seed),
        };
        options.Validate();
        bool quiet = parsed.GetValue(CommonOptions.Quiet);
        ImageFolder data = ImageFolder.Open(parsed.GetValue(DataOptions.Data)!);
        using ComputeDevice device = CommonOptions.OpenDevice(parsed);
        ImageBatchLoader loader = DataOptions.OpenLoader(parsed, options);
        var run = new RunDirectory(parsed.GetValue(Out)!);
        using var trainer = new Trainer(device, options, data, loader, run);
        if (parsed.GetValue(Resume))
            trainer.Resume();
        else
            trainer.Begin();
        if (!quiet)
            TrainingDisplay.PrintHeader(device, options, data);
        TrainingDisplay.Run(quiet, observer => trainer.Run(observer, cancellation));

        var results = CheckpointEvaluation.Run(device, run.Best, data, loader, cancellation);
        DataOptions.PrintUnreadable(loader);
        EvaluationDisplay.Print(run.Best, Checkpoint.ReadInfo(run.Best), results);
        return 0;
    }
}
