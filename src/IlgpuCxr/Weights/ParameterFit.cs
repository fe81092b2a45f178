using IlgpuCxr.Layers;
using IlgpuCxr.WeightsImport;

namespace IlgpuCxr.Weights;

/// <summary>Which tensors of a file are which of a network's parameters, and what fits nothing.</summary>
internal sealed class ParameterFit
{
    private const int ProblemsTold = 3;

    private readonly Dictionary<Parameter, WeightTensor> tensors = [];
    private readonly List<string> missing = [], unexpected, ofAnotherShape = [];

    /// <summary>Compares names, shapes and types; no element is read.</summary>
    /// <param name="parameters">The parameters that the file should have.</param>
    /// <param name="file">The file's tensors, no two of one name.</param>
    public ParameterFit(IEnumerable<Parameter> parameters, IEnumerable<WeightTensor> file)
    {
        var unused = file.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (Parameter parameter in parameters)
        {
            if (!unused.Remove(parameter.Name, out WeightTensor? tensor))
                missing.Add(parameter.Name);
            else if (!tensor.Shape.SequenceEqual(parameter.PyTorchShape))
                ofAnotherShape.Add(
                    $"{parameter.Name} is {ShapeArithmetic.Format(tensor.Shape)} instead of {ShapeArithmetic.Format(parameter.PyTorchShape)}");
            else if (!tensor.IsConvertible)
                ofAnotherShape.Add($"{parameter.Name} holds {tensor.DataType} elements instead of Float32");
            else
                tensors.Add(parameter, tensor);
        }
        unexpected = [.. unused.Keys];
    }

    /// <summary>The tensors that fit.</summary>
    public IReadOnlyDictionary<Parameter, WeightTensor> Tensors => tensors;

    /// <summary>Names of the tensors that are no parameter's.</summary>
    public IReadOnlyList<string> Unexpected => unexpected;

    /// <summary>Everything that does not fit, some names of each kind, for a message; null where all does.</summary>
    public string? Misfits
    {
        get
        {
            string[] kinds =
            [
                .. from kind in ((string Name, List<string> Names)[])[
                    ("missing", missing), ("not expected", unexpected), ("of another shape", ofAnotherShape)]
                   where kind.Names.Count > 0
                   select $"{kind.Name}: {Some(kind.Names)}",
            ];
            return kinds.Length == 0 ? null : string.Join("; ", kinds);
        }
    }

    /// <summary>Expects tensors that are no parameter's.</summary>
    /// <param name="isExpected">Tells of a name whether it is one of them.</param>
    public void Expect(Predicate<string> isExpected) => unexpected.RemoveAll(isExpected);

    private static string Some(List<string> names) => string.Join(", ", names.Take(ProblemsTold))
        + (names.Count > ProblemsTold ? $" and {names.Count - ProblemsTold} more" : "");
}
