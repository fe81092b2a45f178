using IlgpuCxr.Data;
using IlgpuCxr.Kernels.Loss;
using IlgpuCxr.Models;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Training;

/// <summary>
/// Everything that decides a training run's result; what does not (device, threads, folders) is elsewhere.
/// </summary>
/// <remarks>The defaults are those of the study's Part 1; <see cref="Study"/> gives those of either part.</remarks>
public sealed record TrainingOptions
{
    /// <summary>The architecture.</summary>
    public string Network { get; init; } = ResNet18.Name;

    /// <summary>One class an image, or several labels.</summary>
    public ClassificationTask Task { get; init; }

    /// <summary>
    /// Features of the classifier's hidden layer; 0 for the network's own classifier with another last layer.
    /// </summary>
    public int Hidden { get; init; } = NetworkHead.Part1.Hidden;

    /// <summary>
    /// Share of the values after each hidden layer of the classifier that training drops, those of VGG16's own
    /// classifier included.
    /// </summary>
    public float Dropout { get; init; }

    /// <summary>What training makes small.</summary>
    public LossKind Loss { get; init; }

    /// <summary>What the focal loss is told.</summary>
    public FocalOptions Focal { get; init; } = FocalOptions.Study;

    /// <summary>How parameters are changed by their gradients.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>What becomes of images before the network sees them.</summary>
    public ImageTransforms Augmentation { get; init; }

    /// <summary>Edge of the square images, in pixels.</summary>
    public int Size { get; init; } = 224;

    /// <summary>Images in a step.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>What the network starts from, as <see cref="InitialWeights.Identity"/> tells it.</summary>
    public string Weights { get; init; } = InitialWeights.RandomName;

    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; } = 25;

    /// <summary>What is frozen; see <see cref="Models.Network.Freeze"/>.</summary>
    public string Freeze { get; init; } = Models.Network.NothingFrozen;

    /// <summary>Seed of the first weights, the order of the images, their augmentation and dropout.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>
    /// The study's settings: Part 1 for one class an image, Part 2 (with binary cross entropy) for several labels.
    /// </summary>
    /// <param name="task">Which part.</param>
    public static TrainingOptions Study(ClassificationTask task) => task == ClassificationTask.Binary
        ? new TrainingOptions()
        : new TrainingOptions
        {
            Task = task,
            Hidden = NetworkHead.Part2.Hidden,
            Dropout = NetworkHead.Part2.Dropout,
            Loss = LossKind.BinaryCrossEntropy,
            Augmentation = ImageTransforms.Part2,
        };

    /// <summary>The classifier for so many classes or labels.</summary>
    /// <param name="outputs">Number of logits.</param>
    public NetworkHead Head(int outputs) => new(Hidden, outputs, Dropout);

    /// <summary>
    /// Whether the classifier has values to drop: a hidden layer's, or those of VGG16's own. The last layer alone has
    /// none before it.
    /// </summary>
    public bool HasDropout() => Hidden > 0 || Network == Vgg16.Name;

    /// <summary>How batches of images are made.</summary>
    /// <param name="threads">Threads that read and decode.</param>
    /// <param name="strict">Whether an unreadable image ends the run; otherwise it is left out.</param>
    public ImageBatchOptions Batches(int threads, bool strict) => new()
    {
        BatchSize = Batch,
        Size = Size,
        Transforms = Augmentation,
        Strict = strict,
        Threads = threads,
    };

    /// <summary>The loss.</summary>
    internal Criterion Criterion => new(Loss, Focal);

    /// <summary>Refuses a loader whose images are others than the network was, or is to be, trained on.</summary>
    /// <param name="loader">Makes batches, of any number of images.</param>
    /// <exception cref="ArgumentException">Its images have another size or other transforms.</exception>
    internal void RequireImagesOf(ImageBatchLoader loader)
    {
        ImageBatchOptions made = loader.Options;
        if (made.Size != Size || made.Transforms != Augmentation)
            throw new ArgumentException(
                $"The loader makes images of {made.Size}x{made.Size} pixels with the transforms of {made.Transforms}, but the options are of {Size}x{Size} pixels and {Augmentation}; make it with their Batches.",
                nameof(loader));
    }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="UsageException">A value is out of range; the message names the option.</exception>
    /// <exception cref="Models.NetworkException">There is no such architecture.</exception>
    public void Validate() => Validate(Architecture.Of(Network).SmallestImage);

    /// <summary>The same for a network of any name.</summary>
    /// <param name="smallestImage">Edge of the smallest image that it takes.</param>
    internal void Validate(int smallestImage)
    {
        UsageException.Require(
            Size >= smallestImage, $"--size {Size} is too small for {Network}: use at least {smallestImage}.");
        UsageException.Require(Size <= 4096, $"--size {Size} is too large: use at most 4096.");
        UsageException.Require(Batch >= 1, $"--batch {Batch} is no number of images: use at least 1.");
        UsageException.Require(Epochs >= 1, $"--epochs {Epochs} trains nothing: use at least 1.");
        UsageException.Require(
            Hidden >= 0,
            $"--hidden {Hidden} is no number of features: use 130 as the study's Part 1, or 0 for no hidden layer.");
        UsageException.Require(
            Dropout is >= 0 and < 1, UsageException.OutOfRange("--dropout", Dropout, "at least 0 and less than 1"));
        UsageException.Require(
            Task == ClassificationTask.Binary || Loss != LossKind.CrossEntropy,
            "--loss ce is for one class an image: use bce or focal with --task multilabel.");
        UsageException.Require(
            Task == ClassificationTask.MultiLabel || Loss == LossKind.CrossEntropy,
            "--task binary has one class an image: use --loss ce, or --task multilabel.");
        Criterion.Validate(Focal);
        Optimizer.Validate();
    }
}
