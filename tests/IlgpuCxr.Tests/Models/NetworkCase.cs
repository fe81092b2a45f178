using System.Text.Json;
using IlgpuCxr.Layers;
using IlgpuCxr.Models;
using IlgpuCxr.Tests.Fixtures;

namespace IlgpuCxr.Tests.Models;

/// <summary>One network case: a few steps on one batch, computed by libtorch.</summary>
/// <param name="Id">For example <c>resnet18-part1-row8</c>: the network, then what is special.</param>
public sealed record NetworkCase(string Id)
{
    private readonly JsonElement root = FixtureSet.Current.Network(Id);

    /// <summary>All cases of the current set.</summary>
    public static IEnumerable<NetworkCase> All => FixtureSet.Current.Networks.Select(id => new NetworkCase(id));

    /// <summary>The network.</summary>
    public string Network => Id.Split('-')[0];

    /// <summary>Images in the batch.</summary>
    public int Batch => root.GetProperty("batch").GetInt32();

    /// <summary>Edge of the images.</summary>
    public int Size => root.GetProperty("size").GetInt32();

    /// <summary><c>ce</c>, <c>bce</c> or <c>focal</c>.</summary>
    public string Loss => root.GetProperty("loss").GetString()!;

    /// <summary>The learning rate.</summary>
    public float LearningRate => root.GetProperty("lr").GetSingle();

    /// <summary>The momentum.</summary>
    public float Momentum => root.GetProperty("momentum").GetSingle();

    /// <summary>Class indices, or one 0 or 1 for each image and label.</summary>
    public float[] Targets => [.. root.GetProperty("targets").EnumerateArray().Select(e => e.GetSingle())];

    /// <summary>Names of the parameters that do not train.</summary>
    public HashSet<string> Frozen => [.. root.GetProperty("frozen").EnumerateArray().Select(e => e.GetString()!)];

    /// <summary>The loss before each step.</summary>
    public float[] Losses => [.. root.GetProperty("losses").EnumerateArray().Select(e => e.GetSingle())];

    /// <summary>A hidden layer of the study's Part 1, or none, as the parameters' names tell.</summary>
    public NetworkHead Head
    {
        get
        {
            JsonElement parameters = root.GetProperty("parameters_after");
            JsonElement[] shapes =
                [.. parameters.EnumerateObject().Where(p => IsHead(p.Name)).Select(p => p.Value.GetProperty("shape"))];
            int outputs = shapes[^1][0].GetInt32();
            return shapes.Length == 2 ? new NetworkHead(shapes[0][0].GetInt32(), outputs) : new NetworkHead(0, outputs);
        }
    }

    /// <summary>Stored values by name.</summary>
    public JsonElement Stored(string what) => root.GetProperty(what);

    /// <summary>A generated tensor of this case in PyTorch's order.</summary>
    public float[] Generate(string what, long count, float scale, float offset = 0) =>
        FixtureSet.Current.Generate($"{Id}:{what}", count, scale, offset);

    /// <summary>
    /// A parameter's values in PyTorch's order, as tests/fixtures/README.md says that they are generated.
    /// </summary>
    public float[] Generate(Parameter parameter)
    {
        if (parameter.IsBuffer)
            return [.. Enumerable.Repeat(parameter.Initialization.Scale, (int)parameter.Shape.Count)];
        bool isBatchNorm = parameter.Name.Contains("bn", StringComparison.Ordinal)
            || parameter.Name.Contains("downsample.1", StringComparison.Ordinal);
        bool isBias = parameter.Name.EndsWith("bias", StringComparison.Ordinal);
        long fanIn = parameter.PyTorchShape.Skip(1).Aggregate(1L, (product, extent) => product * extent);
        (float scale, float offset) = isBias
            ? (0.1f, 0f)
            : isBatchNorm
            ? (0.25f, 1f)
            : ((float)Math.Sqrt(6.0 / fanIn), 0f);
        return Generate(parameter.Name, parameter.Shape.Count, scale, offset);
    }

    /// <inheritdoc/>
    public override string ToString() => Id;

    private static bool IsHead(string name) =>
        name.EndsWith("weight", StringComparison.Ordinal)
        && (name.StartsWith("classifier", StringComparison.Ordinal) || name.StartsWith("fc", StringComparison.Ordinal));
}
