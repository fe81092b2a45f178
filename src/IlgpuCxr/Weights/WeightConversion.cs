using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Weights;

/// <summary>Writes the weights of any file as PyTorch or safetensors, with torchvision's names and layouts.</summary>
public static class WeightConversion
{
    /// <summary>
    /// Converts; elements keep their type. What a checkpoint holds beside the network's weights is left out.
    /// </summary>
    /// <param name="from">
    /// A <c>.pth</c>, <c>.safetensors</c> or <c>.h5</c> file, or a checkpoint of this program.
    /// </param>
    /// <param name="to">A <c>.pth</c>, <c>.pt</c> or <c>.safetensors</c> file, written whole or not at all.</param>
    /// <param name="cancellation">Ends it early, without a file.</param>
    /// <returns>The number of tensors.</returns>
    /// <exception cref="UsageException">The name of the file to write says no format.</exception>
    /// <exception cref="WeightFormatException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public static int Convert(string from, string to, CancellationToken cancellation = default)
    {
        Action<IReadOnlyList<WeightTensor>> write = Path.GetExtension(to).ToLowerInvariant() switch
        {
            ".pth" or ".pt" => tensors => PyTorchFile.Write(to, tensors, cancellation),
            SafetensorsFile.Extension =>
                tensors => SafetensorsFile.Write(
                    to, tensors, new Dictionary<string, string> { ["format"] = "pt" }, cancellation),
            _ =>
                throw new UsageException(
                    $"'{to}' has an ending that says no format to write; let it end in .pth or .safetensors."),
        };
        using WeightFile file = WeightFile.Open(from);
        IReadOnlyList<WeightTensor> tensors = new TorchvisionNames(file).Tensors;
        write(tensors);
        return tensors.Count;
    }

    /// <summary>
    /// The file that a user means: as named, or a checkpoint named without <c>.safetensors</c> as 'cxr train' prints
    /// it. Unlike <see cref="Training.Checkpoint.FileOf"/>, because weights may be in a file of any name.
    /// </summary>
    /// <param name="path">What the user gave.</param>
    public static string Locate(string path) =>
        !File.Exists(path) && File.Exists(path + SafetensorsFile.Extension) ? path + SafetensorsFile.Extension : path;
}
