using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace IlgpuCxr.WeightsImport;

/// <summary>The tensors of an open weight file, in the file's order. They can be read until it is disposed.</summary>
public sealed class WeightFile : IReadOnlyList<WeightTensor>, IDisposable
{
    private readonly IReadOnlyList<WeightTensor> tensors;
    private readonly Dictionary<string, WeightTensor> byName;
    private readonly IDisposable file;

    internal WeightFile(
        string path,
        IReadOnlyList<WeightTensor> tensors,
        IReadOnlyDictionary<string, string> metadata,
        IDisposable file)
    {
        (Path, this.tensors, Metadata, this.file) = (path, tensors, metadata, file);
        byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

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
