using System.Text.Json;

namespace IlgpuCxr.Study;

/// <summary>
/// The study's curves of a row, read off its figures: accuracies to 0.15 points (Part 2: 0.4), losses to 0.003.
/// </summary>
/// <remarks>
/// Part 1's begin after the first epoch, Part 2's with the untrained network; all end at the best epoch. The focal loss
/// is the sum over all images and labels, so that training and validation differ by the number of images.
/// </remarks>
/// <param name="TrainLoss">Over the training images, augmented.</param>
/// <param name="ValidationLoss">Over the validation images.</param>
/// <param name="TrainAccuracy">In percent.</param>
/// <param name="ValidationAccuracy">In percent.</param>
public sealed record PublishedCurves(
    IReadOnlyList<double> TrainLoss, IReadOnlyList<double> ValidationLoss, IReadOnlyList<double> TrainAccuracy,
    IReadOnlyList<double> ValidationAccuracy)
{
    private const string Resource = "published-curves.json";

    private static readonly Lazy<Dictionary<string, double[]>> All = new(Read);

    /// <summary>The curves of a row.</summary>
    /// <param name="name">The name in the resource, such as <c>vgg16_entire</c>.</param>
    internal static PublishedCurves Of(string name) => new(
        All.Value[$"{name}_loss_train"], All.Value[$"{name}_loss_val"], All.Value[$"{name}_acc_train"],
        All.Value[$"{name}_acc_val"]);

    private static Dictionary<string, double[]> Read()
    {
        using Stream stream = typeof(PublishedCurves).Assembly.GetManifestResourceStream(Resource)!;
        return JsonSerializer.Deserialize<Dictionary<string, double[]>>(stream)!;
    }
}
