using System.CommandLine;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Training;

namespace IlgpuCxr.Cli.Commands;

/// <summary><c>cxr evaluate</c>: how a checkpoint does on the validation and test images.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var command = new Command("evaluate", "Evaluate a checkpoint on the validation and test images.")
        {
            CommonOptions.CheckpointPath, DataOptions.Data, CommonOptions.CheckpointBatch, DataOptions.Strict,
            CommonOptions.Device, CommonOptions.Threads, CommonOptions.Algorithms, CommonOptions.Precision,
            CommonOptions.Json, CommonOptions.Quiet,
        };
        command.SetStoppableAction(Run);
        return command;
    }

    private static ImageDataset OpenData(string root, string checkpoint, CheckpointInfo info)
    {
        try
        {
            return ImageDataset.OpenForEvaluation(root, info.Options.Task, info.Classes);
        }
        catch (DataException exception)
            when (info.Options.Task == ClassificationTask.Binary
                && ImageDataset.TaskOf(root) == ClassificationTask.MultiLabel)
        {
            throw new DataException(
                $"The checkpoint {checkpoint} is binary ({string.Join(", ", info.Classes)}), but '{root}' holds images of several labels; use images of the checkpoint's classes, or a multilabel checkpoint.",
                exception);
        }
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetValue(CommonOptions.CheckpointPath)!;
        // A run that goes on replaces its checkpoints by others of the same options and classes; what else is told is of
        // the network that is loaded.
        CheckpointInfo first = Checkpoint.ReadInfo(path);
        TrainingOptions options = CommonOptions.OptionsOf(parsed, first);
        ImageDataset data = OpenData(parsed.GetValue(DataOptions.Data)!, path, first);
        using ComputeDevice device = CommonOptions.OpenDevice(parsed);
        ImageBatchLoader loader = DataOptions.OpenLoader(parsed, options);
        (CheckpointInfo info, IReadOnlyList<SplitEvaluation> results) = CheckpointEvaluation.Run(
            device, path, data, loader, training: false, cancellation);
        DataOptions.PrintUnreadable(loader);
        if (parsed.GetValue(CommonOptions.Json))
        {
            Output.Json(EvaluationDisplay.AsJson(info, results));
            return 0;
        }
        if (!parsed.GetValue(CommonOptions.Quiet))
            Output.Line(DeviceText.Of(device));
        EvaluationDisplay.Print(path, info, results);
        return 0;
    }
}
