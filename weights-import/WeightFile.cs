using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace IlgpuCxr.WeightsImport;

/// <summary>The tensors of an open weight file, in the file's order. They can be read until it is disposed.</summary>
public sealed class WeightFile : IReadOnlyList<WeightTensor>, IDisposable
{
    private readonly IReadOnlyList<WeightTensor> tensors;
    private readonly Dictionary<string, WeightTensor> byName;
    private readonly InputFile file;

    internal WeightFile(
        InputFile file, string format, IReadOnlyList<WeightTensor> tensors,
        IReadOnlyDictionary<string, string> metadata)
    {
        (this.file, Format, this.tensors, Metadata) = (file, format, tensors, metadata);
        byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>Opens a file of any format that this library reads; its first bytes say which.</summary>
    /// <exception cref="WeightFormatException">It cannot be opened, or is of none of them.</exception>
    public static WeightFile Open(string path)
    {
        byte[] start = new byte[10];
        using (var file = new InputFile(path))
            file.Read(0, start.AsSpan(0, (int)Math.Min(start.Length, file.Length)));
        return start switch
        {
            [(byte)'P', (byte)'K', ..] or [0x80, ..] when start[8] != (byte)'{' => PyTorchFile.Read(path),
            [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => KerasFile.Read(path),
            [_, _, _, _, _, _, _, _, (byte)'{', ..] => SafetensorsFile.Read(path),
            _ => throw new WeightFormatException(
                path, "is neither a PyTorch, safetensors nor Keras HDF5 file", "convert it to one of them first"),
        };
    }

    /// <summary>Where the file is.</summary>
    public string Path => file.Path;

    /// <summary>The name of the format, for people.</summary>
    public string Format { get; }

    /// <summary>The texts stored beside the tensors; empty in formats that have none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The number of tensors.</summary>
    public int Count => tensors.Count;

    /// <summary>The tensor at a place in the file's order.</summary>
    public WeightTensor this[int index] => tensors[index];

    /// <summary>The tensor of this name.</summary>
    /// <exception cref="WeightFormatException">There is none.</exception>
    public WeightTensor this[string name] => TryGet(name, out WeightTensor? tensor)
        ? tensor
        : throw new WeightFormatException(
            Path, $"has no tensor {WeightFormatException.Quote(name)}", "check that it belongs to this network");

    /// <summary>Finds the tensor of this name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor) =>
        byName.TryGetValue(name, out tensor);

    /// <inheritdoc/>
    public IEnumerator<WeightTensor> GetEnumerator() => tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();
}
