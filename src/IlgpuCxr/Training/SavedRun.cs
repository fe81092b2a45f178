using System.Text.Json;
using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Training;

/// <summary>
/// The epochs of a run, and the files in which they outlast the process: begun, taken up again, saved after each epoch.
/// </summary>
/// <param name="device">Where the network is.</param>
/// <param name="options">What decides the result.</param>
/// <param name="data">The images.</param>
/// <param name="directory">Where the files are.</param>
/// <param name="network">What is trained.</param>
/// <param name="optimizer">What trains it.</param>
internal sealed class SavedRun(
    ComputeDevice device, TrainingOptions options, ImageDataset data, RunDirectory directory, Network network,
    Optimizer optimizer) : IDisposable
{
    private readonly DataDescription description = data.Describe();
    private readonly List<EpochResult> history = [];
    private IDisposable? directoryLock;
    private bool isConfigured;

    /// <summary>All epochs so far.</summary>
    public IReadOnlyList<EpochResult> History => history;

    /// <inheritdoc cref="Trainer.EpochsDone"/>
    public int EpochsDone => history.Count == 0 ? 0 : history[^1].Epoch + 1;

    /// <inheritdoc cref="Trainer.IsDone"/>
    public bool IsDone => EpochsDone >= options.Epochs;

    /// <inheritdoc cref="Trainer.TrainedOn"/>
    public string TrainedOn { get; private set; } = DeviceText.Of(device);

    /// <summary>Whether <see cref="Begin"/> or <see cref="Resume"/> has taken the directory.</summary>
    public bool HasDirectory => directoryLock is not null;

    /// <inheritdoc cref="Trainer.Begin"/>
    public void Begin()
    {
        Claim();
        if (Checkpoint.Exists(directory.Last))
            throw new UsageException(
                $"'{directory.Location}' holds a run already; go on with it by --resume, or choose another --out.");
        RefuseWithoutLast();
        // Each is written before the one that it replaces is gone.
        long last = Checkpoint.BytesOf(network, optimizer);
        directory.RequireRoom(last + Checkpoint.BytesOf(network, null) + (options.Epochs > 1 ? last : 0));
        WriteConfiguration();
    }

    /// <inheritdoc cref="Trainer.Resume"/>
    public void Resume()
    {
        Claim();
        if (!Checkpoint.Exists(directory.Last))
        {
            RefuseWithoutLast();
            throw new UsageException(
                $"There is no {directory.Last} to resume; name the --out of a run that saved an epoch, or begin one without --resume.");
        }
        CheckpointInfo info = ReadLast();
        if (Difference(info) is { } difference)
        {
            throw new UsageException(
                $"'{directory.Location}' holds a run of another configuration ({difference}); resume with the options and images of its config.json, or choose another --out.");
        }
        bool hasBest = Checkpoint.Exists(directory.Best), isBest = IsNewestBest(info.History);
        // The epochs to come need not be better, and then all of them end without a result.
        if (!hasBest && !isBest)
            throw new NetworkException(
                $"There is no {directory.Best}, the best epoch of the run; bring it back, or begin anew: move '{directory.Location}' away, or choose another --out.");
        Checkpoint.Load(directory.Last, device, network, optimizer);
        // A process that was killed between the two files had saved only the other.
        if (isBest && !(hasBest && Checkpoint.ReadInfo(directory.Best).History.Count >= info.History.Count))
            Checkpoint.Save(directory.Best, device, network, null, info);
        history.AddRange(directory.WithTimes(info.History));
        string before = directory.ReadTrainedOn() ?? "a device that was not noted";
        TrainedOn = IsDone || before == TrainedOn || before.EndsWith($" on {TrainedOn}", StringComparison.Ordinal)
            ? before
            : $"{before}, from epoch {EpochsDone} on {TrainedOn}";
        if (!IsDone)
            directory.RequireRoom(Checkpoint.BytesOf(network, optimizer));
    }

    /// <summary>Adds an epoch and saves it.</summary>
    /// <param name="result">How the network does after it.</param>
    /// <returns>Whether it is the best.</returns>
    public bool Add(EpochResult result)
    {
        history.Add(result);
        bool isBest = IsNewestBest(history);
        // A network without training is made again sooner than read.
        if (result.Epoch != EpochResult.Untrained)
            Save(isBest);
        return isBest;
    }

    /// <summary>Writes the log of all epochs.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void WriteLog() => directory.WriteLog(history);

    /// <inheritdoc/>
    public void Dispose() => directoryLock?.Dispose();

    private void Claim()
    {
        if (directoryLock is not null)
            throw new InvalidOperationException("The run has begun already; make a new trainer for another.");
        directoryLock = directory.Lock();
    }

    private void RefuseWithoutLast()
    {
        if (directory.IsReported || Checkpoint.Exists(directory.Best))
            throw new UsageException(
                $"'{directory.Location}' holds a run already, whose '{Path.GetFileName(directory.Last)}' is gone; bring it back, or begin anew: move that directory away, or choose another --out.");
    }

    private CheckpointInfo ReadLast()
    {
        try
        {
            return Checkpoint.ReadInfo(directory.Last);
        }
        catch (WeightFormatException exception)
        {
            // Of a file that this program wrote there is nothing to download.
            throw new WeightFormatException(
                Checkpoint.FileOf(directory.Last), exception.Problem,
                "check that file or bring a copy of it back, or begin anew in another --out", exception);
        }
    }

    /// <summary>
    /// In what a saved run differs from this one, the number of epochs aside; null where it is the same.
    /// </summary>
    private string? Difference(CheckpointInfo there) => JsonDifference.First(
        JsonSerializer.SerializeToNode(
            new { there.Options, there.Classes, Data = there.Data ?? description }, JsonSerializerOptions.Web),
        JsonSerializer.SerializeToNode(
            new
            {
                Options = options with { Epochs = there.Options.Epochs },
                Classes = data.ClassNames,
                Data = description,
            },
            JsonSerializerOptions.Web),
        DataDescription.UnlabelledName);

    /// <summary>Whether the newest epoch is the first with the highest validation accuracy.</summary>
    private static bool IsNewestBest(IReadOnlyList<EpochResult> history) =>
        history is [.., { Epoch: not EpochResult.Untrained } newest]
        && history.SkipLast(1).All(earlier =>
            earlier.Epoch == EpochResult.Untrained || earlier.ValidationAccuracy < newest.ValidationAccuracy);

    /// <summary>
    /// Saves in an order in which a process that is killed between two files leaves a run that can be resumed, with the
    /// times of its epochs: without <c>best</c> it is made again from <c>last</c>, but a <c>best</c> of an epoch that
    /// <c>last</c> does not have may be of one that another device finds worse.
    /// </summary>
    private void Save(bool isBest)
    {
        var info = new CheckpointInfo
        {
            Options = options,
            Head = network.Head,
            Classes = data.ClassNames,
            Data = description,
            History = [.. history],
        };
        try
        {
            WriteLog();
        }
        catch (IOException)
        {
            // An epoch may have taken hours. The next one writes the whole log anew.
        }
        Checkpoint.Save(directory.Last, device, network, optimizer, info);
        if (isBest)
            Checkpoint.Save(directory.Best, device, network, null, info);
        // Not sooner: of a resumed run it would tell of a device, or of epochs, that nothing saved is of.
        if (!isConfigured)
            WriteConfiguration();
    }

    private void WriteConfiguration()
    {
        directory.WriteConfiguration(
            new
            {
                Options = options,
                Classes = data.ClassNames,
                Data = Path.GetFullPath(data.Root),
                Images = description,
                Device = device.Name,
                device.Precision,
                device.Algorithms,
                TrainedOn,
            });
        isConfigured = true;
    }
}
