using System.Globalization;
using System.Text.Json;
using ILGPU;
using IlgpuCxr.Kernels.Device;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Weights;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Training;

/// <summary>
/// A network in a safetensors file with torchvision's names, and what is needed to go on training it.
/// </summary>
/// <remarks>
/// One file, so that one rename replaces it whole: weights, the optimizer's memory (under <c>optimizer.</c>) and the
/// run's state never disagree, whenever the process is killed.
/// </remarks>
public static class Checkpoint
{
    private const string StepsKey = "ilgpucxr.steps";

    /// <summary>
    /// The file of a checkpoint, the same for all that write and read it: what is named without its ending has it
    /// nevertheless, also where there is a file without.
    /// </summary>
    /// <param name="path">The file, with or without <c>.safetensors</c>.</param>
    public static string FileOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith(SafetensorsFile.Extension, StringComparison.OrdinalIgnoreCase)
            ? path
            : path + SafetensorsFile.Extension;
    }

    /// <summary>Writes a checkpoint, whole or not at all.</summary>
    /// <param name="path">The file, with or without <c>.safetensors</c>.</param>
    /// <param name="device">Where the network lives.</param>
    /// <param name="network">The network.</param>
    /// <param name="optimizer">The optimizer whose memory is saved; null saves the network alone.</param>
    /// <param name="info">
    /// The run's state, from which <c>cxr predict</c> and <see cref="LoadNetwork"/> make the network again; null saves
    /// weights that only <see cref="Load"/> reads.
    /// </param>
    /// <exception cref="IOException">It cannot be written; the message says why.</exception>
    public static void Save(
        string path, ComputeDevice device, Network network, Optimizer? optimizer = null, CheckpointInfo? info = null)
    {
        var transfer = new ParameterTransfer(device);
        List<WeightTensor> tensors =
            [.. network.Parameters.Select(parameter => transfer.Download(parameter.Name, parameter, parameter.Value))];
        tensors.AddRange(
            StateOf(network, optimizer).Select(state => transfer.Download(state.Name, state.Parameter, state.Values)));
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        if (optimizer is not null)
            metadata[StepsKey] = optimizer.Steps.ToString(CultureInfo.InvariantCulture);
        if (info is not null)
            metadata[CheckpointInfo.MetadataKey] = info.ToJson();
        try
        {
            SafetensorsFile.Write(FileOf(path), tensors, metadata);
        }
        catch (WeightFormatException exception)
            when (exception.InnerException is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    /// <summary>What the tensors of a checkpoint take, which is nearly all of its file.</summary>
    /// <param name="network">The network.</param>
    /// <param name="optimizer">The optimizer whose memory is saved; null for none.</param>
    internal static long BytesOf(Network network, Optimizer? optimizer) => sizeof(float)
        * (network.Parameters.Sum(parameter => parameter.Value.Length)
            + StateOf(network, optimizer).Sum(state => state.Values.Length));

    /// <summary>Reads what a checkpoint says about itself.</summary>
    /// <param name="path">The file, with or without <c>.safetensors</c>.</param>
    /// <exception cref="NetworkException">The file is no checkpoint of this program.</exception>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    public static CheckpointInfo ReadInfo(string path)
    {
        using WeightFile file = SafetensorsFile.Read(Find(path));
        return InfoIn(file);
    }

    /// <summary>
    /// Makes the network of a checkpoint, with its parameters, and reads what the checkpoint says about itself: both of
    /// the same epoch, also where a training replaces the file meanwhile.
    /// </summary>
    /// <param name="path">The file, with or without <c>.safetensors</c>.</param>
    /// <param name="device">Where the network is to live.</param>
    /// <exception cref="NetworkException">
    /// The file is no checkpoint of this program, or does not fit the network.
    /// </exception>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    public static (Network Network, CheckpointInfo Info) LoadNetwork(string path, ComputeDevice device)
    {
        using WeightFile file = SafetensorsFile.Read(Find(path));
        CheckpointInfo info = InfoIn(file);
        var network = new Network(device, info.Options.Network, info.Head);
        try
        {
            Restore(file, device, network, null);
            return (network, info);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Loads the parameters, and the optimizer's memory where one is given.</summary>
    /// <param name="path">The file, with or without <c>.safetensors</c>.</param>
    /// <param name="device">Where the network lives.</param>
    /// <param name="network">The network that receives them.</param>
    /// <param name="optimizer">The optimizer that receives its memory; null for none.</param>
    /// <exception cref="NetworkException">
    /// The file is of another network, or without what the optimizer needs; the message tells what does not fit.
    /// </exception>
    /// <exception cref="WeightFormatException">The file cannot be read.</exception>
    public static void Load(string path, ComputeDevice device, Network network, Optimizer? optimizer = null)
    {
        using WeightFile file = SafetensorsFile.Read(Find(path));
        Restore(file, device, network, optimizer);
    }

    /// <summary>What to throw when a checkpoint's network gives values that are not finite.</summary>
    /// <param name="path">The file, with or without <c>.safetensors</c>.</param>
    internal static NetworkException Diverged(string path) => new(
        $"The network of the checkpoint {FileOf(path)} gives values that are no finite numbers, as after a training that diverged; use another checkpoint, or train again with a smaller --lr.")
    {
        IsDivergence = true,
    };

    /// <summary>Whether there is a checkpoint.</summary>
    /// <param name="path">The file, with or without <c>.safetensors</c>.</param>
    public static bool Exists(string path) => File.Exists(FileOf(path));

    private static CheckpointInfo InfoIn(WeightFile file)
    {
        try
        {
            if (file.Metadata.TryGetValue(CheckpointInfo.MetadataKey, out string? json))
                return CheckpointInfo.FromJson(json);
        }
        catch (JsonException)
        {
            // Told below: a damaged description is as good as none.
        }
        throw new NetworkException(
            $"{file.Path} holds weights but not how they were trained; use a checkpoint that 'cxr train' wrote.");
    }

    private static void Restore(WeightFile file, ComputeDevice device, Network network, Optimizer? optimizer)
    {
        // Nothing is changed before all of it is known to fit.
        IReadOnlyDictionary<Parameter, WeightTensor> fits = CheckFit(file, network);
        (Parameter Parameter, ArrayView<float> Values, WeightTensor Tensor)[] states =
            [
                .. StateOf(network, optimizer).Select(
                    state => (state.Parameter, state.Values, StateIn(file, state.Name, state.Parameter)))];
        int steps = optimizer is null ? 0 : StepsOf(file);
        var transfer = new ParameterTransfer(device);
        foreach (Parameter parameter in network.Parameters)
            transfer.Upload(parameter, parameter.Value, fits[parameter]);
        foreach ((Parameter parameter, ArrayView<float> values, WeightTensor tensor) in states)
            transfer.Upload(parameter, values, tensor);
        optimizer?.Steps = steps;
    }

    /// <summary>What the optimizer remembers of each trained parameter, and its name in the file.</summary>
    private static IEnumerable<(string Name, Parameter Parameter, ArrayView<float> Values)> StateOf(
        Network network, Optimizer? optimizer) =>
        from state in optimizer?.State ?? []
        from parameter in network.Parameters
        where parameter.RequiresGrad
        select ($"{TorchvisionNames.OptimizerPrefix}{state.Name}.{parameter.Name}", parameter, network.Store.PartOf(parameter, state.Values));

    private static IReadOnlyDictionary<Parameter, WeightTensor> CheckFit(WeightFile file, Network network)
    {
        var fit = new ParameterFit(network.Parameters, file);
        fit.Expect(name => name.StartsWith(TorchvisionNames.OptimizerPrefix, StringComparison.Ordinal));
        return fit.Misfits is not { } misfits
            ? fit.Tensors
            : throw new NetworkException(
                $"{file.Path} is not a checkpoint of this {network.Name} ({misfits}); use one of the same network and classes.");
    }

    // Without all of it a run would go on from the same weights to others than if it had not been interrupted.
    private static WeightTensor StateIn(WeightFile file, string name, Parameter parameter) =>
        file.TryGet(name, out WeightTensor? tensor) && tensor.Shape.SequenceEqual(parameter.PyTorchShape)
            && tensor.IsConvertible
            ? tensor
            : throw new NetworkException(
                $"{file.Path} does not hold what the optimizer remembers of {parameter.Name}, as '{name}'; resume from the 'last' that this training wrote, with an optimizer of the same kind.");

    /// <summary>The steps trained, from which Adam and dropout go on.</summary>
    private static int StepsOf(WeightFile file) =>
        int.TryParse(file.Metadata.GetValueOrDefault(StepsKey), CultureInfo.InvariantCulture, out int steps)
        && steps >= 0
            ? steps
            : throw new NetworkException(
                $"{file.Path} does not tell how many steps were trained; resume from the 'last' that this training wrote.");

    private static string Find(string path)
    {
        string file = FileOf(path);
        if (File.Exists(file))
            return file;
        throw File.Exists(path)
            ? new NetworkException(
                $"{path} is no checkpoint; name a file with the ending {SafetensorsFile.Extension} that 'cxr train' wrote.")
            : new NetworkException(
                $"There is no checkpoint {file}; name the file that 'cxr train' wrote, such as runs/first/best.");
    }
}
