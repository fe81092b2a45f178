using System.Text;
using System.Text.Json;

namespace IlgpuCxr.Tests.Fixtures;

/// <summary>
/// Reference values computed by libtorch, and the tensors they were computed from; tests/fixtures/README.md describes
/// both.
/// </summary>
public sealed class FixtureSet
{
    /// <summary>The environment variable that names another folder with a <c>meta.json</c>.</summary>
    public const string FolderVariable = "ILGPUCXR_FIXTURES";

    /// <summary>Operator outputs and gradients, relative to the tensor's l2 (the README's tolerance).</summary>
    public const double OperatorTolerance = 1e-5;

    private readonly string folder;
    private readonly string prefix;

    /// <exception cref="DirectoryNotFoundException">There is no <c>meta.json</c> in the folder.</exception>
    public FixtureSet(string folder)
    {
        string meta = Path.Combine(folder, "meta.json");
        if (!File.Exists(meta))
            throw new DirectoryNotFoundException(
                $"There are no fixtures in '{folder}': point {FolderVariable} to a folder with a meta.json.");
        this.folder = folder;
        prefix = Parse(meta).GetProperty("prefix").GetString()!;
    }

    /// <summary>The set that <see cref="FolderVariable"/> names, otherwise the one beside the tests.</summary>
    public static FixtureSet Current { get; } = new(
        Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named
            ? named
            : Path.Combine(AppContext.BaseDirectory, "fixtures", "libtorch"));

    /// <summary>The single operators: case id -> values.</summary>
    public JsonElement Operators => Parse(Path.Combine(folder, "operators.json"));

    /// <summary>The ids of the network cases, for <see cref="Network"/>.</summary>
    public IEnumerable<string> Networks =>
        from file in Directory.EnumerateFiles(folder, "*.json")
        let id = Path.GetFileNameWithoutExtension(file)
        where id is not ("meta" or "operators")
        orderby id
        select id;

    /// <summary>The values of one network case.</summary>
    public JsonElement Network(string id) => Parse(Path.Combine(folder, id + ".json"));

    /// <summary>A tensor in PyTorch's order (NCHW, OIHW, [out, in]), generated from its name.</summary>
    /// <param name="name">
    /// Without the set's prefix, for example <c>conv2d/n1c2h5w5k3r3s3stride1pad0bias1:input</c>.
    /// </param>
    /// <param name="count">Number of elements.</param>
    /// <param name="scale">Values lie within the offset plus or minus this.</param>
    /// <param name="offset">The middle of the values.</param>
    public float[] Generate(string name, long count, float scale, float offset = 0)
    {
        // FNV-1a of the name, then splitmix64 of hash and index.
        ulong hash = 14695981039346656037;
        foreach (byte b in Encoding.UTF8.GetBytes(prefix + name))
            hash = (hash ^ b) * 1099511628211;
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            ulong z = hash + ((ulong)i + 1) * 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            float unit = (z >> 40) * (1f / (1 << 23)) - 1;
            values[i] = offset + unit * scale;
        }
        return values;
    }

    /// <summary>How far a tensor is from a stored one, relative to the stored tensor's l2.</summary>
    /// <param name="expected">
    /// A JSON array, a tensor <c>{shape, data}</c>, or a summary <c>{shape, sum, l2, index, value}</c>.
    /// </param>
    /// <param name="actual">In PyTorch's order.</param>
    /// <returns>
    /// With all data the l2 of the difference. With a summary the greatest of three estimates of it: the l2 of the
    /// difference over the samples, scaled up to the whole tensor; the difference of the l2 norms, which cannot exceed
    /// it; and the difference of the sums, which cannot exceed it times the root of the number of elements. Infinite
    /// where anything is NaN or the sizes differ.
    /// </returns>
    public static double RelativeDifference(JsonElement expected, ReadOnlySpan<float> actual)
    {
        if (expected.ValueKind == JsonValueKind.Array)
            return DenseDifference(Doubles(expected), actual);
        double[] shape = Doubles(expected.GetProperty("shape"));
        if (shape.Aggregate(1.0, (a, b) => a * b) != actual.Length)
            return double.PositiveInfinity;
        if (expected.TryGetProperty("data", out JsonElement data))
            return DenseDifference(Doubles(data), actual);
        double l2 = expected.GetProperty("l2").GetDouble(), root = Math.Sqrt(actual.Length);
        double actualSum = 0, actualSquares = 0, squares = 0;
        foreach (float value in actual)
        {
            actualSum += value;
            actualSquares += (double)value * value;
        }
        double[] index = Doubles(expected.GetProperty("index")), sample = Doubles(expected.GetProperty("value"));
        for (int i = 0; i < index.Length; i++)
            squares += Square(actual[(int)index[i]] - sample[i]);
        double samples = Math.Sqrt(squares / index.Length) * root;
        double norms = Math.Abs(Math.Sqrt(actualSquares) - l2);
        double sums = Math.Abs(actualSum - expected.GetProperty("sum").GetDouble()) / root;
        return Relative(Math.Max(samples, Math.Max(norms, sums)), l2);
    }

    /// <summary>The numbers of a JSON array.</summary>
    public static double[] Doubles(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];

    private static double DenseDifference(double[] expected, ReadOnlySpan<float> actual)
    {
        if (expected.Length != actual.Length)
            return double.PositiveInfinity;
        double difference = 0, squares = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Square(actual[i] - expected[i]);
            squares += Square(expected[i]);
        }
        return Relative(Math.Sqrt(difference), Math.Sqrt(squares));
    }

    private static double Relative(double difference, double l2) =>
        difference == 0 ? 0 : double.IsFinite(difference) ? difference / l2 : double.PositiveInfinity;

    private static double Square(double x) => x * x;

    private static JsonElement Parse(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        return document.RootElement.Clone();
    }
}
