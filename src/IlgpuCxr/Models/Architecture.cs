using IlgpuCxr.Layers;

namespace IlgpuCxr.Models;

/// <summary>A kind of network: what tells ResNet18 from VGG16 to the rest of the program.</summary>
/// <param name="Name">The name on the command line and in checkpoints.</param>
/// <param name="HeadName">The name in front of the classifier's parameters.</param>
/// <param name="SmallestImage">Edge of the smallest image that its strides leave a pixel of.</param>
/// <param name="FeatureLayers">
/// Layers up to the last convolution block; after them an image is pooled and classified.
/// </param>
/// <param name="Build">
/// Makes the layers, from the image to the logits; layers that drop values share the state they are given.
/// </param>
public sealed record Architecture(
    string Name, string HeadName, int SmallestImage, int FeatureLayers,
    Func<NetworkHead, DropoutState, Sequential> Build)
{
    /// <summary>The name in tables and plots.</summary>
    public string Title { get; init; } = Name;

    /// <summary>All architectures.</summary>
    public static IReadOnlyList<Architecture> All => [ResNet18.Architecture, Vgg16.Architecture];

    /// <summary>The names of all architectures, for a sentence.</summary>
    public static string Names => string.Join(" or ", All.Select(architecture => architecture.Name));

    /// <summary>Finds an architecture.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="NetworkException">There is none of that name.</exception>
    public static Architecture Of(string name) =>
        All.FirstOrDefault(architecture => architecture.Name == name)
        ?? throw new NetworkException($"There is no network '{name}'; use {Names}.");
}
