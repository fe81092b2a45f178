using System.Globalization;

namespace IlgpuCxr.WeightsImport;

/// <summary>
/// Keras's HDF5 files (.h5): a group for each layer, in it a dataset for each weight. Kernels are in Keras's own order,
/// [row, column, in, out] or [in, out]; names are the layer's and the weight's, such as <c>block1_conv1/kernel:0</c>.
/// </summary>
/// <remarks>
/// Reads what Keras and h5py write with their default settings: datasets in one piece, in this file. Chunks, filters
/// and links to other files are refused or passed by, so that no file takes more memory than its own size and none
/// reaches beyond itself.
/// </remarks>
public static class KerasFile
{
    /// <summary>What <see cref="WeightFile.Format"/> says of these files.</summary>
    internal const string Format = "Keras HDF5";

    private const int DeepestGroup = 16;
    private const string Layers = "layer_names", Weights = "weight_names";

    // What save_weights notes beside the layers.
    private static readonly string[] MetadataKeys = ["backend", "keras_version"];

    /// <summary>
    /// Opens a file of weights or of a whole model; the tensors stay on disk until they are asked for. A file that does
    /// not list its layers, as those of Keras 3, gives all of its datasets under their paths.
    /// </summary>
    /// <exception cref="WeightFormatException">It cannot be opened, or is not a well-formed HDF5 file.</exception>
    public static WeightFile Read(string path)
    {
        var file = new InputFile(path);
        try
        {
            var input = new HdfInput(file, new MemoryBudget(path, file.Length));
            HdfObject root = HdfSuperblock.Root(input);
            root = root.Find("model_weights") ?? root;
            var tensors = new List<WeightTensor>();
            if (!root.IsDataset && NamesOf(root, Layers) is { } layers)
                AddLayers(input, root, layers, tensors);
            else
                AddAll(input, root, "", tensors, DeepestGroup);
            var names = new HashSet<string>(StringComparer.Ordinal);
            if (tensors.Find(tensor => !names.Add(tensor.Name)) is WeightTensor twice)
                throw input.Malformed($"{WeightFormatException.Quote(twice.Name)} is there twice");
            return new WeightFile(file, Format, tensors, MetadataOf(root));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void AddLayers(
        HdfInput input, HdfObject root, IReadOnlyList<string> layers, List<WeightTensor> tensors)
    {
        foreach (string layerName in layers)
        {
            HdfObject layer = root.Find(layerName)
                ?? throw input.Malformed($"no layer {WeightFormatException.Quote(layerName)}, which is listed");
            foreach (string weightName in NamesOf(layer, Weights) ?? [])
            {
                if (layer.Find(weightName) is not { IsDataset: true } dataset)
                    throw input.Malformed($"no weight {WeightFormatException.Quote(weightName)}, which is listed");
                bool full = weightName.StartsWith(layerName + "/", StringComparison.Ordinal);
                tensors.Add(dataset.Tensor(full ? weightName : $"{layerName}/{weightName}"));
            }
        }
    }

    private static void AddAll(HdfInput input, HdfObject group, string prefix, List<WeightTensor> tensors, int depth)
    {
        if (depth == 0)
            throw input.Malformed("groups within groups without end");
        foreach ((string name, HdfObject child) in group.Links)
        {
            if (child.IsDataset)
                tensors.Add(child.Tensor(prefix + name));
            else
                AddAll(input, child, $"{prefix}{name}/", tensors, depth - 1);
        }
    }

    /// <summary>
    /// A list of names; Keras cuts one that is too long for an attribute into name0, name1 and so on.
    /// </summary>
    private static List<string>? NamesOf(HdfObject owner, string name)
    {
        if (owner.Texts(name) is { } whole)
            return [.. whole];
        List<string>? names = null;
        for (int part = 0; TextsOf(part) is { } more; part++)
            (names ??= []).AddRange(more);
        return names;

        IReadOnlyList<string>? TextsOf(int part) =>
            owner.Texts(string.Create(CultureInfo.InvariantCulture, $"{name}{part}"));
    }

    private static Dictionary<string, string> MetadataOf(HdfObject root) => MetadataKeys
        .Select(key => (Key: key, Texts: root.Texts(key)))
        .Where(entry => entry.Texts is not null)
        .ToDictionary(entry => entry.Key, entry => string.Concat(entry.Texts!), StringComparer.Ordinal);
}
