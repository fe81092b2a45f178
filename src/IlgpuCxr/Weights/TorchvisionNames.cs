using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Weights;

/// <summary>The tensors of a file under torchvision's names, whatever wrote it.</summary>
internal sealed class TorchvisionNames
{
    /// <summary>In front of the names of what a checkpoint of this program holds beside the network.</summary>
    public const string OptimizerPrefix = "optimizer.";

    // What wrappers put in front of every name: data-parallel training, and dictionaries that were flattened.
    private static readonly string[] Prefixes = ["module.", "model.", "state_dict."];

    /// <summary>Finds the names; no element is read.</summary>
    /// <param name="file">The open file.</param>
    /// <exception cref="WeightFormatException">Two tensors come to the same name.</exception>
    public TorchvisionNames(WeightFile file)
    {
        Path = file.Path;
        IReadOnlyList<WeightTensor>? keras = KerasVgg16.ToPyTorch(file);
        AreOfKeras = keras is not null;
        Tensors = WithoutPrefix(
            [.. (keras ?? file).Where(tensor => !tensor.Name.StartsWith(OptimizerPrefix, StringComparison.Ordinal))]);
        if (Tensors.GroupBy(tensor => tensor.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new WeightFormatException(
                Path, $"holds the weights '{twice.Key}' twice", "save the network's weights alone");
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Whether the file's own names are those of Keras's VGG16.</summary>
    public bool AreOfKeras { get; }

    /// <summary>The network's tensors, in the file's order.</summary>
    public IReadOnlyList<WeightTensor> Tensors { get; }

    private static IReadOnlyList<WeightTensor> WithoutPrefix(IReadOnlyList<WeightTensor> tensors)
    {
        string? prefix = Array.Find(Prefixes, prefix =>
            tensors.Count > 0 && tensors.All(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)));
        return prefix is null
            ? tensors
            : WithoutPrefix([.. tensors.Select(tensor => tensor.Rename(tensor.Name[prefix.Length..]))]);
    }
}
