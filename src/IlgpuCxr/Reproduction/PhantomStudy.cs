using IlgpuCxr.Data;
using IlgpuCxr.Phantoms;
using IlgpuCxr.Study;
using IlgpuCxr.Training;

namespace IlgpuCxr.Reproduction;

/// <summary>
/// The study in small: phantoms, sizes and rates with which all rows train from random weights within minutes on two
/// CPU cores.
/// </summary>
/// <remarks>
/// The study's 25 epochs at a rate of 1e-4 refine weights that ImageNet has taught. Random weights need larger steps,
/// and a CPU smaller images. All of it is in this table, and printed with the results.
/// </remarks>
public static class PhantomStudy
{
    private const int TrainImages = 600, HeldImages = 150, ImageSize = 64;

    private const double Difficulty = 0;

    // Without batch norm and with plain gradients VGG16 learns nothing in a few hundred steps: docs/study.md.
    private static readonly OptimizerOptions CentralizedAdam = new()
    {
        Kind = OptimizerKind.Adam,
        LearningRate = 1e-4f,
        CentralizeGradients = true,
    };

    /// <summary>The images of a part: the study's shares of the classes.</summary>
    /// <param name="part">Which part.</param>
    /// <param name="seed">Another seed, other patients.</param>
    public static PhantomDatasetOptions Images(StudyPart part, long seed) =>
        new(part, PhantomCounts.LikeStudy(part, TrainImages, HeldImages), ImageSize, (ulong)seed, Difficulty);

    /// <summary>How a row is trained.</summary>
    /// <param name="row">The row.</param>
    public static PhantomRun Of(StudyRow row) => row.Id switch
    {
        "1" or "3" or "4" => new PhantomRun(32, 1, CentralizedAdam),
        // Small batches for more steps.
        "5" => new PhantomRun(32, 8, CentralizedAdam, Batch: 16),
        // Dropout hides for some hundred steps more what little the features of first weights tell.
        "p2:1" =>
            new PhantomRun(32, 8, CentralizedAdam with { LearningRate = 5e-5f }, Batch: 16, Dropout: 0),
        "p2:3" => new PhantomRun(32, 9, CentralizedAdam, Batch: 16, Dropout: 0),
        "2" or "6" => new PhantomRun(64, 4, Sgd(0.01f)),
        "7" or "p2:2" => new PhantomRun(64, 6, Sgd(0.01f)),
        "8" => new PhantomRun(64, 6, Sgd(0.01f), Batch: 16),
        // Its loss is summed over 32 images and 3 labels, which makes gradients 96 times as large.
        "p2:4" => new PhantomRun(64, 7, Sgd(1e-3f)),
        _ => throw new ArgumentOutOfRangeException(nameof(row), row.Id, "The study has no such row."),
    };

    private static OptimizerOptions Sgd(float learningRate) => new() { LearningRate = learningRate };
}
