using System.Text.Json.Serialization;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Training;

namespace IlgpuCxr.Study;

/// <summary>What came of a row: the file <c>result.json</c>, whose presence says that the row is complete.</summary>
/// <param name="Configuration">What decided it.</param>
/// <param name="Device">
/// Where it was trained: the device's name, or <see cref="Trainer.TrainedOn"/> where that says more than the device of
/// the call that completed the row.
/// </param>
/// <param name="History">All epochs; in Part 2 the first is the untrained network.</param>
/// <param name="Seconds">Time of the epochs, interruptions left out.</param>
/// <param name="Splits">How the best checkpoint does.</param>
public sealed record RowResult(
    RowConfiguration Configuration, string Device, IReadOnlyList<EpochResult> History, double Seconds,
    IReadOnlyList<SplitResult> Splits)
{
    /// <summary>
    /// The images that could not be read; null where there were none, and in files from before they were noted.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LeftOutImages? LeftOut { get; init; }

    /// <summary>
    /// How exactly was multiplied; null where <see cref="Device"/> tells, and in files from before it was noted. No part
    /// of the configuration, because a checkpoint goes on with any.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Precision? Precision { get; init; }

    /// <summary>The algorithms that were forced meanwhile; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Algorithms { get; init; }

    /// <summary>Index of the best epoch, from 0: the first with the highest validation accuracy.</summary>
    public int BestEpoch => History.Where(epoch => epoch.Epoch >= 0).MaxBy(epoch => epoch.ValidationAccuracy)!.Epoch;

    /// <summary>The numbers of a split; null where the data has no such split.</summary>
    /// <param name="split">Its name.</param>
    public SplitResult? Of(string split) => Splits.FirstOrDefault(result => result.Split == split);
}
