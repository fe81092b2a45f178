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
    private const int ImageNetClasses = 1000;

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
        (IReadOnlyDictionary<Parameter, WeightTensor> fits, WeightImportReport report) = Match(network, names);
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

    private static (IReadOnlyDictionary<Parameter, WeightTensor> Fits, WeightImportReport Report) Match(
        Network network, TorchvisionNames names)
    {
        var tensors = names.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        HashSet<Parameter> replaced = ReplacedBy(network, tensors);
        var fit = new ParameterFit(
            network.Parameters.Where(parameter => !replaced.Contains(parameter)), names.Tensors);
        fit.Expect(name => IsBatchCount(name, fit.Tensors.Keys));
        string[] dropped = replaced.Count == 0 ? [] : [.. fit.Unexpected.Where(network.IsHead)];
        fit.Expect(name => dropped.Contains(name));
        if (fit.Misfits is { } misfits)
            throw Misfit(network, names.Path, tensors, misfits);
        string[] kept = [.. network.Parameters.Where(replaced.Contains).Select(parameter => parameter.Name)];
        return (fit.Tensors, new WeightImportReport(names.Path, fit.Tensors.Count, dropped, kept, names.AreOfKeras));
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

    private static bool IsBatchCount(string name, IEnumerable<Parameter> parameters) =>
        name.EndsWith(BatchCount, StringComparison.Ordinal)
        && parameters.Any(parameter => parameter.Name == name[..^BatchCount.Length] + BatchCountSibling);

    private static NetworkException Misfit(
        Network network, string path, Dictionary<string, WeightTensor> tensors, string misfits) =>
        Architecture.All.FirstOrDefault(other => other.Name != network.Name && AreOf(other, tensors)) is { } actual
            ? new NetworkException(
                $"{path} does not fit {network.Name}, these look like {actual.Name}'s weights; use --net {actual.Name}, or weights of {network.Name}.")
            : new NetworkException(
                $"{path} does not fit {network.Name} with {network.Head.Outputs} outputs ({misfits}); use {(AreOf(network.Architecture, tensors) ? "the --hidden and as many classes as they were trained with" : "weights of the same network")}, or see what is in them with 'cxr weights inspect'.");

    /// <summary>Whether the weights are another network's, whatever its classifier.</summary>
    private static bool AreOf(Architecture architecture, Dictionary<string, WeightTensor> tensors) =>
        OriginalOf(architecture).Where(
            parameter => !parameter.Name.StartsWith(architecture.HeadName + ".", StringComparison.Ordinal))
            .All(parameter =>
                tensors.TryGetValue(parameter.Name, out WeightTensor? tensor)
                && tensor.Shape.SequenceEqual(parameter.PyTorchShape));
}
