using System.CommandLine;
using IlgpuCxr.Cli;
using IlgpuCxr.Cli.Commands;

Output.UseUtf8();
var root = new RootCommand(
    "Chest X-ray classification with ResNet18 and VGG16, trained by hand-written ILGPU kernels. For learning; not for clinical use.")
{
    ReproduceCommand.Create(),
    TrainCommand.Create(),
    EvaluateCommand.Create(),
    PredictCommand.Create(),
    ExplainCommand.Create(),
    BenchCommand.Create(),
    WeightsCommand.Create(),
    GradCheckCommand.Create(),
    SummaryCommand.Create(),
    DevicesCommand.Create(),
    DataCommand.Create(),
    SelfTestCommand.Create(),
    CommonOptions.Verbose,
};
return Execution.Run(root, args);
