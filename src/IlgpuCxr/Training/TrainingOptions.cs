using System.Globalization;
using IlgpuCxr.Kernels.Optimizer;
using IlgpuCxr.Models;
using IlgpuCxr.Weights;

namespace IlgpuCxr.Training;

/// <summary>Everything that decides a training run's result; what does not (device, threads, folders) is elsewhere.</summary>
public sealed record TrainingOptions
{
    /// <summary>The architecture.</summary>
    public string Network { get; init; } = "resnet18";

    /// <summary>Edge of the square images, in pixels.</summary>
    public int Size { get; init; } = 224;

    /// <summary>Images in a step.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>What the network starts from, as <see cref="InitialWeights.Identity"/> tells it.</summary>
    public string Weights { get; init; } = InitialWeights.RandomName;

    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; } = 25;

    /// <summary>SGD's learning rate, momentum and so on.</summary>
    public SgdOptions Sgd { get; init; } = new(LearningRate: 1e-4f, Momentum: 0.9f);

    /// <summary>What is frozen; see <see cref="Models.Network.Freeze"/>.</summary>
    public string Freeze { get; init; } = "none";

    /// <summary>Seed of the first weights, the order of the images and their augmentation.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="UsageException">A value is out of range; the message names the option.</exception>
    public void Validate()
    {
        int smallest = Architecture.Of(Network).SmallestImage;
        Require(Size >= smallest, $"--size {Size} is too small for {Network}: use at least {smallest}.");
        Require(Size <= 4096, $"--size {Size} is too large: use at most 4096.");
        Require(Batch >= 1, $"--batch {Batch} is no number of images: use at least 1.");
        Require(Epochs >= 1, $"--epochs {Epochs} trains nothing: use at least 1.");
        Require(Sgd.LearningRate > 0 && float.IsFinite(Sgd.LearningRate), Invalid("--lr", Sgd.LearningRate, "a positive number"));
        Require(Sgd.Momentum is >= 0 and < 1, Invalid("--momentum", Sgd.Momentum, "at least 0 and less than 1"));
        Require(Sgd.WeightDecay >= 0 && float.IsFinite(Sgd.WeightDecay), Invalid("--weight-decay", Sgd.WeightDecay, "0 or a positive number"));
    }

    private static string Invalid(string option, float value, string valid) =>
        string.Create(CultureInfo.InvariantCulture, $"{option} {value} is out of range: use {valid}.");

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new UsageException(message);
    }
}
