using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.Tests.Fixtures;

/// <summary>One operator case: what its id says, what its tensors are, what libtorch made of them.</summary>
/// <param name="Id">
/// For example <c>conv2d/n1c2h5w5k3r3s3stride1pad0bias1</c> or <c>optimizer/sgd_lr0.01_momentum0.9</c>.
/// </param>
/// <param name="Expected">The stored values.</param>
public sealed partial record FixtureCase(string Id, JsonElement Expected)
{
    /// <summary>What stands before the slash.</summary>
    public string Operator => Id[..Id.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>All cases of the current set.</summary>
    public static IEnumerable<FixtureCase> All =>
        FixtureSet.Current.Operators.EnumerateObject().Select(
            property => new FixtureCase(property.Name, property.Value));

    /// <summary>A size or setting that the id names: the number behind <paramref name="name"/>, or none.</summary>
    public double? Setting(string name)
    {
        foreach (Match match in NameAndNumber().Matches(Id[(Operator.Length + 1)..]))
        {
            if (match.Groups[1].Value == name)
                return double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        }
        return null;
    }

    /// <summary>A size that the id must name.</summary>
    public int Size(string name) =>
        (int)(Setting(name) ?? throw new FormatException($"The fixture id '{Id}' names no '{name}'."));

    /// <summary>A generated tensor of this case in PyTorch's order.</summary>
    public float[] Generate(string what, long count, float scale, float offset = 0) =>
        FixtureSet.Current.Generate($"{Id}:{what}", count, scale, offset);

    /// <summary>A generated image or kernel tensor of this case in our order.</summary>
    public float[] Generate(string what, TensorShape shape, float scale, float offset = 0) =>
        PyTorchLayout.ToNhwc(Generate(what, shape.Count, scale, offset), shape);

    /// <summary>Asserts that an image or kernel tensor in our order is what libtorch computed.</summary>
    public void AssertEqual(string what, double[] actual, TensorShape shape) =>
        AssertEqual(what, PyTorchLayout.ToNchw(actual, shape));

    /// <summary>Asserts that a vector or matrix is what libtorch computed.</summary>
    public void AssertEqual(string what, double[] actual) =>
        Assert.That(
            FixtureSet.RelativeDifference(Expected.GetProperty(what), Array.ConvertAll(actual, x => (float)x)),
            Is.LessThanOrEqualTo(FixtureSet.OperatorTolerance),
            what);

    /// <inheritdoc/>
    public override string ToString() => Id;

    [GeneratedRegex("([a-z]+)([0-9]+(?:\\.[0-9]+)?)")]
    private static partial Regex NameAndNumber();
}
