using IlgpuCxr.Data;
using IlgpuCxr.Study;
using IlgpuCxr.Training;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Reproduction;

/// <summary>
/// What is reproduced, and where it differs from the study. What is null is as in the study, or on phantoms as in
/// <see cref="PhantomStudy"/>.
/// </summary>
public sealed record StudyOptions
{
    /// <summary>The rows to train, in the order of the tables.</summary>
    public IReadOnlyList<StudyRow> Rows { get; init; } = StudyRows.All;

    /// <summary>Where the results go; each row has a directory below it.</summary>
    public required string Out { get; init; }

    /// <summary>Directory of Part 1's images; null for phantoms.</summary>
    public string? Part1 { get; init; }

    /// <summary>Directory of Part 2's images; null for phantoms.</summary>
    public string? Part2 { get; init; }

    /// <summary>
    /// What the networks start from, as <see cref="InitialWeights.Find"/> takes it. Null for what suits the images: on
    /// phantoms random weights, which their learning rates were chosen for; else ImageNet's as in the study, or random
    /// ones where there are none.
    /// </summary>
    public string? Weights { get; init; }

    /// <summary>Passes over the training images.</summary>
    public int? Epochs { get; init; }

    /// <summary>Edge of the network's input, in pixels.</summary>
    public int? Size { get; init; }

    /// <summary>Images in a step.</summary>
    public int? Batch { get; init; }

    /// <summary>The optimizer's learning rate.</summary>
    public float? LearningRate { get; init; }

    /// <summary>About how many images of each split to use; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Seed of everything random, the phantoms too.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The directory of a part's images; null for phantoms.</summary>
    /// <param name="part">Which part.</param>
    public string? Directory(StudyPart part) => part == StudyPart.Part1 ? Part1 : Part2;

    /// <summary>How a row is trained, from whatever weights.</summary>
    /// <param name="row">The row.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public TrainingOptions Training(StudyRow row)
    {
        TrainingOptions study = TrainingOptions.Study(row.Part.Task()) with
        {
            Network = row.Network,
            Freeze = row.Freeze,
            Loss = row.Loss,
            Seed = Seed,
        };
        if (Directory(row.Part) is null)
        {
            PhantomRun run = PhantomStudy.Of(row);
            study = study with
            {
                Size = run.Size,
                Epochs = run.Epochs,
                Batch = run.Batch,
                Optimizer = run.Optimizer,
                Dropout = run.Dropout ?? study.Dropout,
            };
        }
        TrainingOptions options = study with
        {
            Size = Size ?? study.Size,
            Epochs = Epochs ?? study.Epochs,
            Batch = Batch ?? study.Batch,
            Optimizer = study.Optimizer with { LearningRate = LearningRate ?? study.Optimizer.LearningRate },
        };
        options.Validate();
        return options;
    }

    /// <summary>Checks what <see cref="Training"/> does not.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public void Validate()
    {
        if (Limit < 2)
            throw new UsageException($"--limit {Limit} leaves too few images: use at least 2.");
        foreach (StudyRow row in Rows)
            Training(row);
    }
}
