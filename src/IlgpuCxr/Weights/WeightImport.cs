using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Weights;

/// <summary>
/// Brings the weights of a file of any format into a network, strictly: every name and every shape must fit.
/// </summary>
/// <remarks>
/// One exception, the one that transfer learning is about: a network with another classifier than ImageNet's keeps the
/// first values of its classifier where the file has none, and of those of its layers that ImageNet's of 1000 classes
/// does not have where the file has that.
/// </remarks>
public static class WeightImport
{
    private const int ImageNetClasses = 1000, ProblemsTold = 3;

    // Counted by PyTorch's batch norm for a mode that neither network uses.
    private const string BatchCount = ".num_batches_tracked", BatchCountSibling = ".running_mean";

    /// <summary>Loads a file.</summary>
    /// <param name="device">Where the network lives.</param>
    /// <param name="network">
    /// The network, with its first values set; nothing of it changes when the file does not fit.
    /// </param>
    /// <param name="path">A <c>.pth</c>, <c>.safetensors</c> or <c>.h5</c> file.</param>
    /// <exception cref="NetworkException">
    /// The file does not fit, and the message tells some of the names that do not, or whose weights they are; or a
    /// value is not finite.
    /// </exception>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    public static WeightImportReport Load(ComputeDevice device, Network network, string path)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        using WeightFile file = WeightFile.Open(path);
        var names = new TorchvisionNames(file);
        (Dictionary<Parameter, WeightTensor> fits, WeightImportReport report) = Match(network, names);
        // Before any is uploaded: training would end with a loss that is no number, and blame the learning rate.
        foreach (Parameter parameter in network.Parameters.Where(fits.ContainsKey))
        {
            if (WeightStatistics.Of(fits[parameter]) is not { NotFinite: 0 })
            {
                throw new NetworkException(
                    $"The tensor {parameter.Name} of {path} has a value that is no finite number in single precision; use other weights.");
            }
        }
        var transfer = new ParameterTransfer(device);
        foreach (Parameter parameter in network.Parameters)
        {
            if (fits.TryGetValue(parameter, out WeightTensor? tensor))
                transfer.Upload(parameter, parameter.Value, tensor);
        }
        return report;
    }

    private static (Dictionary<Parameter, WeightTensor> Fits, WeightImportReport Report) Match(
        Network network, TorchvisionNames names)
    {
        var fits = new Dictionary<Parameter, WeightTensor>();
        var misfits = new Misfits();
        var unused = names.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        HashSet<Parameter> replaced = ReplacedBy(network, unused);
        foreach (Parameter parameter in network.Parameters)
        {
            if (replaced.Contains(parameter))
                continue;
            if (!unused.Remove(parameter.Name, out WeightTensor? tensor))
                misfits.Missing.Add(parameter.Name);
            else if (!tensor.Shape.SequenceEqual(parameter.PyTorchShape))
                misfits.OtherShape.Add(
                    $"{parameter.Name} is {Format(tensor.Shape)} instead of {Format(parameter.PyTorchShape)}");
            else if (!tensor.IsConvertible)
                misfits.OtherShape.Add($"{parameter.Name} holds {tensor.DataType} elements instead of Float32");
            else
                fits.Add(parameter, tensor);
        }

        foreach (string name in unused.Keys.Where(name => IsBatchCount(name, fits)).ToList())
            unused.Remove(name);
        string[] dropped = replaced.Count == 0 ? [] : [.. unused.Keys.Where(network.IsHead)];
        misfits.Unexpected.AddRange(unused.Keys.Except(dropped));
        misfits.ThrowIfAny(names, network);
        string[] kept = [.. network.Parameters.Where(replaced.Contains).Select(parameter => parameter.Name)];
        return (fits, new WeightImportReport(names.Path, fits.Count, dropped, kept, names.AreOfKeras));
    }

    /// <summary>
    /// What a classifier other than ImageNet's keeps of its own: all of it where the file has no classifier, and what
    /// differs where the file has ImageNet's.
    /// </summary>
    private static HashSet<Parameter> ReplacedBy(Network network, Dictionary<string, WeightTensor> tensors)
    {
        Dictionary<string, Parameter> original = OriginalOf(network.Architecture).ToDictionary(
            parameter => parameter.Name);
        bool isOriginal = original.Values.Any(parameter =>
            parameter.PyTorchShape is [ImageNetClasses, _]
            && tensors.TryGetValue(parameter.Name, out WeightTensor? tensor)
            && tensor.Shape.SequenceEqual(parameter.PyTorchShape));
        Parameter[] head = [.. network.Parameters.Where(parameter => network.IsHead(parameter.Name))];
        Parameter[] others = [.. head.Where(parameter =>
            !(
                original.TryGetValue(parameter.Name, out Parameter? same)
                    && same.PyTorchShape.SequenceEqual(parameter.PyTorchShape)))];
        bool hasNone = !tensors.Keys.Any(network.IsHead);
        return others.Length == 0 ? [] : hasNone ? [.. head] : isOriginal ? [.. others] : [];
    }

    /// <summary>The parameters of a network with ImageNet's classifier.</summary>
    private static IEnumerable<Parameter> OriginalOf(Architecture architecture) =>
        architecture.Build(new NetworkHead(0, ImageNetClasses), new DropoutState()).Parameters;

    private static bool IsBatchCount(string name, Dictionary<Parameter, WeightTensor> fits) =>
        name.EndsWith(BatchCount, StringComparison.Ordinal)
        && fits.Keys.Any(parameter => parameter.Name == name[..^BatchCount.Length] + BatchCountSibling);

    private static string Format(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>Everything that does not fit.</summary>
    private sealed class Misfits
    {
        public List<string> Missing { get; } = [];

        public List<string> Unexpected { get; } = [];

        public List<string> OtherShape { get; } = [];

        public void ThrowIfAny(TorchvisionNames names, Network network)
        {
            string[] kinds =
            [
                .. from kind in ((string Name, List<string> Names)[])[
                    ("missing", Missing), ("not expected", Unexpected), ("of another shape", OtherShape)]
                   where kind.Names.Count > 0
                   select $"{kind.Name}: {Some(kind.Names)}",
            ];
            if (kinds.Length == 0)
                return;
            if (Architecture.All.FirstOrDefault(other => other.Name != network.Name && AreOf(other, names)) is { } actual)
                throw new NetworkException(
                    $"{names.Path} does not fit {network.Name}, these look like {actual.Name}'s weights; use --net {actual.Name}, or weights of {network.Name}.");
            throw new NetworkException(
                $"{names.Path} does not fit {network.Name} with {network.Head.Outputs} outputs ({string.Join("; ", kinds)}); use weights of the same network, or see what is in them with 'cxr weights inspect'.");
        }

        /// <summary>Whether the weights are another network's, whatever its classifier.</summary>
        private static bool AreOf(Architecture architecture, TorchvisionNames names)
        {
            Dictionary<string, WeightTensor> tensors = names.Tensors.ToDictionary(tensor => tensor.Name);
            return OriginalOf(architecture).Where(
                parameter => !parameter.Name.StartsWith(architecture.HeadName + ".", StringComparison.Ordinal))
                .All(parameter =>
                    tensors.TryGetValue(parameter.Name, out WeightTensor? tensor)
                    && tensor.Shape.SequenceEqual(parameter.PyTorchShape));
        }

        private static string Some(List<string> names) => string.Join(", ", names.Take(ProblemsTold))
            + (names.Count > ProblemsTold ? $" and {names.Count - ProblemsTold} more" : "");
    }
}
