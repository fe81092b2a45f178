namespace IlgpuCxr.WeightsImport;

/// <summary>
/// PyTorch's files (.pth, .pt): a pickle that describes the tensors, and beside it their bytes. Both the zip archives
/// of PyTorch 1.6 and later are read and the plain files before them; archives are written.
/// </summary>
public static class PyTorchFile
{
    /// <summary>
    /// Opens a state dict, or a checkpoint that has one under <c>state_dict</c>, <c>model</c> or
    /// <c>model_state_dict</c>; the tensors stay on disk until they are asked for. Names are the file's own, also with
    /// the prefix <c>module.</c> that data-parallel training adds.
    /// </summary>
    /// <exception cref="WeightFormatException">It cannot be opened, or holds anything but tensor data.</exception>
    public static WeightFile Read(string path)
    {
        var file = new InputFile(path);
        try
        {
            var budget = new MemoryBudget(path, file.Length);
            bool isZip = PyTorchZip.IsZip(file);
            PyTorchContents contents = isZip ? PyTorchZip.Read(file, budget) : PyTorchLegacy.Read(file, budget);
            var tensors = new PyTorchTensors(file, contents.Regions, budget);
            return new WeightFile(
                file, isZip ? "PyTorch" : "PyTorch before 1.6", tensors.Resolve(contents.Root),
                new Dictionary<string, string>());
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes the tensors as a state dict that <c>torch.load(path, weights_only=True)</c> opens, under the given names
    /// and in the given order. The file appears whole or not at all, and the same input gives the same bytes.
    /// </summary>
    /// <param name="path">The file; missing directories above it are made.</param>
    /// <param name="tensors">What is to be in it.</param>
    /// <param name="cancellation">Ends it early, without a file.</param>
    /// <exception cref="WeightFormatException">It cannot be written, or two tensors have one name.</exception>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public static void Write(
        string path, IEnumerable<WeightTensor> tensors, CancellationToken cancellation = default) =>
        PyTorchZip.Write(path, [.. tensors], cancellation);
}

/// <summary>The object that a file's pickle describes, and where in the file each storage's bytes are.</summary>
internal sealed record PyTorchContents(object? Root, IReadOnlyDictionary<string, FileRegion> Regions);

/// <summary>A run of bytes of a file.</summary>
internal readonly record struct FileRegion(long Start, long Length);
