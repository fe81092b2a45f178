using Microsoft.Win32.SafeHandles;
using PureHDF;
using PureHDF.VOL.Native;

namespace IlgpuCxr.WeightsImport;

/// <summary>
/// Keras's HDF5 files (.h5): a group for each layer, in it a dataset for each weight. Kernels are in Keras's own order,
/// [row, column, in, out] or [in, out]; names are the layer's and the weight's, such as <c>block1_conv1/kernel:0</c>.
/// </summary>
public static class KerasFile
{
    private const int DeepestGroup = 16;
    private const int MaximumTensors = 100_000;
    private const long MaximumOperations = 10_000_000;
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
        CheckVersion(path);
        return HdfStorage.Guard(path, () =>
        {
            NativeFile file = H5File.Open(new BudgetStream(File.OpenRead(path), MaximumOperations), leaveOpen: false);
            try
            {
                IH5Group root = file.LinkExists("model_weights") ? file.Group("model_weights") : file;
                var datasets = new Dictionary<string, IH5Dataset>(StringComparer.Ordinal);
                if (root.AttributeExists(Layers))
                    AddLayers(path, root, datasets);
                else
                    AddAll(path, root, "", datasets, DeepestGroup);
                WeightTensor[] tensors = [.. datasets.Select(named => HdfStorage.Tensor(path, named.Key, named.Value))];
                return new WeightFile(path, tensors, MetadataOf(path, root), file);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        });
    }

    // The structure of later versions, which neither Keras nor h5py writes unasked, is read by library code that a
    // broken file can send into a loop without end.
    private static void CheckVersion(string path)
    {
        ReadOnlySpan<byte> signatureAndVersion = [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A, 0];
        byte[] start = new byte[signatureAndVersion.Length];
        using SafeFileHandle file = FileBytes.Open(path);
        if (RandomAccess.GetLength(file) < start.Length)
            throw new WeightFormatException(path, "is not an HDF5 file", "check that Keras made it");
        FileBytes.ReadExactly(path, file, 0, start);
        if (!start.AsSpan().SequenceEqual(signatureAndVersion))
        {
            throw new WeightFormatException(
                path, "is not an HDF5 file of version 0, the one that Keras writes", "save it again with Keras");
        }
    }

    private static void AddLayers(string path, IH5Group root, Dictionary<string, IH5Dataset> datasets)
    {
        foreach (string layerName in TextsOf(path, root, Layers))
        {
            IH5Group layer = root.Group(layerName);
            foreach (string weightName in TextsOf(path, layer, Weights))
            {
                bool full = weightName.StartsWith(layerName + "/", StringComparison.Ordinal);
                datasets.Add(full ? weightName : $"{layerName}/{weightName}", layer.Dataset(weightName));
            }
        }
    }

    private static void AddAll(
        string path, IH5Group group, string prefix, Dictionary<string, IH5Dataset> datasets, int depth)
    {
        if (depth == 0 || datasets.Count > MaximumTensors)
            throw new WeightFormatException(path, "has groups without end", "save it again with Keras");
        foreach (IH5Object child in group.Children())
        {
            if (child is IH5Dataset dataset)
                datasets.Add(prefix + child.Name, dataset);
            else if (child is IH5Group inner)
                AddAll(path, inner, $"{prefix}{child.Name}/", datasets, depth - 1);
        }
    }

    private static Dictionary<string, string> MetadataOf(string path, IH5Group root) => MetadataKeys
        .Where(root.AttributeExists)
        .ToDictionary(key => key, key => string.Concat(TextsOf(path, root, key)), StringComparer.Ordinal);

    private static string[] TextsOf(string path, IH5Group group, string name)
    {
        IH5Attribute attribute = group.Attribute(name);
        Int128 count = attribute.Space.Dimensions.Aggregate(Int128.One, (product, extent) => checked(product * extent));
        if (count * attribute.Type.Size > new FileInfo(path).Length)
        {
            throw new WeightFormatException(
                path, $"has an attribute {name} larger than the file", "copy or download it again");
        }
        return attribute.Space.Rank == 0 ? [attribute.Read<string>()] : attribute.Read<string[]>();
    }
}
