using IlgpuCxr.Data;
using IlgpuCxr.Metrics;
using IlgpuCxr.Models;
using IlgpuCxr.Training;

namespace IlgpuCxr.Study;

/// <summary>A run of the study: a row of its tables.</summary>
/// <param name="Part">Which part.</param>
/// <param name="Number">The row, from 1.</param>
/// <param name="Network">The architecture.</param>
/// <param name="Layers">What is trained, in the study's words.</param>
/// <param name="Freeze">What is frozen, as <see cref="Models.Network.Freeze"/> takes it.</param>
/// <param name="Loss">What training makes small.</param>
/// <param name="Slug">The rest of the run directory's name.</param>
/// <param name="Published">What the study printed.</param>
/// <param name="Curves">The study's curves; null where it shows none.</param>
public sealed record StudyRow(
    StudyPart Part, int Number, string Network, string Layers, string Freeze, LossKind Loss, string Slug,
    PublishedResult Published, PublishedCurves? Curves)
{
    /// <summary>As <c>--rows</c> names it: <c>5</c>, <c>p2:3</c>.</summary>
    public string Id => Part == StudyPart.Part1 ? $"{Number}" : $"p2:{Number}";

    /// <summary>The name of its run directory.</summary>
    public string DirectoryName => $"{Part.DirectoryName()}-row{Number}-{Slug}";

    /// <summary>The network as the study writes it, any other as it is called.</summary>
    public string NetworkTitle => Architecture.Of(Network).Title;

    /// <summary>Network and what sets the row apart.</summary>
    public string Title => $"{NetworkTitle}, {Layers}";

    /// <summary>The splits that the study gives numbers of.</summary>
    public IReadOnlyList<string> Splits { get; private init; } =
        Part == StudyPart.Part1
        ? [SplitNames.Train, SplitNames.Validation, SplitNames.Test]
        : [SplitNames.Train, SplitNames.Validation];

    /// <summary>Whether the study has this row; another run has no number and nothing published.</summary>
    public bool IsOfStudy => Number > 0;

    /// <summary>The study's matrices of a split; null where it shows none.</summary>
    /// <param name="split">One of <see cref="Splits"/>.</param>
    public IReadOnlyList<ConfusionMatrix>? PublishedConfusion(string split) =>
        Published.Confusion?[Splits.ToList().IndexOf(split)];

    /// <summary>What stands for a row where any other run is reported.</summary>
    /// <param name="options">How it is trained.</param>
    internal static StudyRow Of(TrainingOptions options) => new(
        options.Task == ClassificationTask.Binary ? StudyPart.Part1 : StudyPart.Part2, 0, options.Network,
        options.Freeze == Models.Network.NothingFrozen ? "entire network" : $"frozen: {options.Freeze}", options.Freeze,
        options.Loss, "run", new PublishedResult(0, [], [], null), null)
    {
        Splits = [SplitNames.Validation, SplitNames.Test],
    };
}
