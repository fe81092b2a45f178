using System.Security.Cryptography;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Models;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Weights;

/// <summary>What a network starts from: random values, or a file of weights.</summary>
public sealed class InitialWeights
{
    /// <summary>The name of random values.</summary>
    public const string RandomName = "random";

    /// <summary>The name of the ImageNet weights that <c>cxr weights fetch</c> put into the cache.</summary>
    public const string ImageNetName = "imagenet";

    private static readonly string[] Extensions = [".pth", ".pt", ".safetensors", ".h5"];

    private InitialWeights(string? path, string identity) => (Path, Identity) = (path, identity);

    /// <summary>Random values, as PyTorch's for a new network.</summary>
    public static InitialWeights Random { get; } = new(null, RandomName);

    /// <summary>The file; null for random values.</summary>
    public string? Path { get; }

    /// <summary>
    /// What tells these weights from others, wherever the file is: <c>random</c>, or <c>sha256:</c> and the file's
    /// hash.
    /// </summary>
    public string Identity { get; }

    /// <summary>Finds the weights that <c>--weights</c> names.</summary>
    /// <param name="where">
    /// <c>random</c>; <c>imagenet</c>, the cache; a file of any format, a checkpoint without its <c>.safetensors</c>;
    /// or a directory with a file whose name begins with the network's, such as <c>resnet18-5c106cde.pth</c>.
    /// </param>
    /// <param name="network">The network's name.</param>
    /// <exception cref="NetworkException">There is no such file, or several of them.</exception>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    public static InitialWeights Find(string where, string network)
    {
        if (where == RandomName)
            return Random;
        string path = where == ImageNetName
            ? FindInCache(network)
            : Directory.Exists(where)
            ? FindIn(where, network)
            : WeightConversion.Locate(where);
        if (!File.Exists(path))
            throw new NetworkException(
                $"There are no weights {path}; name a file, a directory with a file {network}*.pth, {ImageNetName} or {RandomName}.");
        return new InitialWeights(path, IdentityOf(path));
    }

    /// <summary>Loads the weights, where there is a file of them.</summary>
    /// <param name="device">Where the network lives.</param>
    /// <param name="network">The network, with random values.</param>
    /// <returns>What came from the file; null for random values.</returns>
    /// <exception cref="NetworkException">
    /// The file does not fit the network, or is another than it was when it was found.
    /// </exception>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    public WeightImportReport? Load(ComputeDevice device, Network network)
    {
        if (Path is null)
            return null;
        // Hours may have passed, and what is recorded of the run is the file's hash of then.
        if (IdentityOf(Path) != Identity)
            throw new NetworkException(
                $"The weights {Path} were replaced after this run began; leave the file as it is and start again.");
        return WeightImport.Load(device, network, Path);
    }

    private static string FindInCache(string network)
    {
        WeightSource source = WeightCatalog.Of(network);
        string folder = WeightCatalog.DefaultFolder;
        string[] files = FilesOf(network, folder);
        return Array.Find(files, path => System.IO.Path.GetFileName(path) == source.Name)
            ?? files.FirstOrDefault()
            ?? throw new NetworkException(
                $"The ImageNet weights of {network} are not in {folder}; run 'cxr weights fetch {network}', or put the file from {source.Url} there.");
    }

    private static string FindIn(string folder, string network) => FilesOf(network, folder) switch
    {
        [string only] => only,
        [] => throw new NetworkException(
            $"There is no file {network}*{string.Join($" or {network}*", Extensions)} in {folder}; put the weights there, or name where they are."),
        var several => throw new NetworkException(
            $"There are several files of {network} in {folder} ({string.Join(", ", several.Select(System.IO.Path.GetFileName))}); name the one to use."),
    };

    private static string[] FilesOf(string network, string folder)
    {
        try
        {
            return !Directory.Exists(folder)
                ? []
                : [.. Directory.EnumerateFiles(folder)
                    .Where(path =>
                        System.IO.Path.GetFileName(path).StartsWith(network, StringComparison.OrdinalIgnoreCase)
                        && Extensions.Contains(System.IO.Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
                    .Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NetworkException(
                $"The directory {folder} cannot be listed ({exception.Message.TrimEnd('.')}); check its permissions, or name a file.");
        }
    }

    private static string IdentityOf(string path)
    {
        using var file = new InputFile(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] part = new byte[1 << 20];
        for (long at = 0; at < file.Length; at += part.Length)
        {
            Span<byte> read = part.AsSpan(0, (int)Math.Min(part.Length, file.Length - at));
            file.Read(at, read);
            hash.AppendData(read);
        }
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
