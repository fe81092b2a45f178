using System.Text.RegularExpressions;
using IlgpuCxr.Models;

namespace IlgpuCxr.Weights;

/// <summary>A file of weights in public.</summary>
/// <param name="Network">The network that it is of.</param>
/// <param name="Url">Its address; torchvision's file names end in the first digits of the file's SHA-256.</param>
/// <param name="Megabytes">Its size, to tell before a download.</param>
public sealed partial record WeightSource(string Network, Uri Url, int Megabytes)
{
    /// <summary>The name to give the file; by default the last part of the address.</summary>
    public string Name { get; init; } = Uri.UnescapeDataString(Url.Segments[^1]);

    /// <summary>
    /// The first digits of its SHA-256, as <c>torch.hub</c> reads them from the address; null where it has none.
    /// </summary>
    public string? HashPrefix =>
        HashInName().Match(Url.Segments[^1]) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>The same file on a mirror, or another version of it where the address has a hash of its own.</summary>
    /// <param name="mirror">The file's address there.</param>
    public WeightSource At(Uri mirror)
    {
        var there = new WeightSource(Network, mirror, Megabytes);
        return there.HashPrefix is null ? there with { Name = Name } : there;
    }

    // torch.hub's own pattern also takes no digits at all, which would verify nothing.
    [GeneratedRegex(@"-([a-f0-9]{8,64})\.")]
    private static partial Regex HashInName();
}

/// <summary>The ImageNet weights that <c>cxr weights fetch</c> knows.</summary>
public static class WeightCatalog
{
    /// <summary>
    /// The files that the study used: those that torchvision's <c>pretrained=True</c> loaded in 2020.
    /// </summary>
    public static IReadOnlyList<WeightSource> All { get; } =
    [
        new(ResNet18.Name, new Uri("https://download.pytorch.org/models/resnet18-5c106cde.pth"), 45),
        new(Vgg16.Name, new Uri("https://download.pytorch.org/models/vgg16-397923af.pth"), 528),
    ];

    /// <summary>Where fetched files go unless told otherwise: <c>weights</c> in the user's cache.</summary>
    public static string DefaultFolder => UserCache.Locate("weights");

    /// <summary>The file of a network.</summary>
    /// <param name="network">Its name.</param>
    /// <exception cref="NetworkException">There is none.</exception>
    public static WeightSource Of(string network) =>
        All.FirstOrDefault(source => source.Network == network)
        ?? throw new NetworkException(
            $"There are no ImageNet weights of '{network}'; use {string.Join(" or ", All.Select(source => source.Network))}.");
}
