namespace IlgpuCxr.Kernels.Device;

/// <summary>The algorithms that a user forces, parsed from <see cref="DeviceOptions.Algorithms"/>.</summary>
internal sealed class AlgorithmChoice
{
    // Each operator's algorithms, by the operator's name.
    private static readonly Dictionary<string, string[]> Known = typeof(AlgorithmChoice).Assembly.GetTypes()
        .Where(type => type.IsEnum && type.Name.EndsWith(Suffix, StringComparison.Ordinal))
        .ToDictionary(OperatorOf, type => Enum.GetNames(type), StringComparer.OrdinalIgnoreCase);

    private const string Suffix = "Algorithm";

    private readonly string? everywhere;
    private readonly Dictionary<string, string> byOperator = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="DeviceException">
    /// The text is not as <see cref="DeviceOptions.Algorithms"/> describes, or names what there is not.
    /// </exception>
    public AlgorithmChoice(string text)
    {
        const StringSplitOptions split = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        foreach (string entry in text.Split(',', split))
        {
            string[] parts = entry.Split('=', StringSplitOptions.TrimEntries);
            if (parts.Length > 2)
                throw Wrong($"The algorithm choice '{entry}' is not understood; write for example convolution=naive.");
            if (parts.Length == 1)
                everywhere = Existing("", parts[0], Known.Values.SelectMany(names => names).Distinct());
            else if (Known.TryGetValue(parts[0], out string[]? algorithms))
                byOperator[parts[0]] = Existing(parts[0] + " ", parts[1], algorithms);
            else
                throw Wrong(
                    $"There is no operator '{parts[0]}' with algorithms to choose from; use one of {List(Known.Keys)}.");
        }
    }

    /// <summary>
    /// The algorithm forced for the operator whose algorithms <typeparamref name="TAlgorithm"/> names, or none.
    /// </summary>
    /// <typeparam name="TAlgorithm">
    /// An enum named after its operator: <c>ConvolutionAlgorithm</c> is for <c>convolution</c>.
    /// </typeparam>
    public TAlgorithm? For<TAlgorithm>()
        where TAlgorithm : struct, Enum
    {
        string? algorithm = byOperator.GetValueOrDefault(OperatorOf(typeof(TAlgorithm)), everywhere ?? "");
        return Enum.TryParse(algorithm, ignoreCase: true, out TAlgorithm parsed) ? parsed : null;
    }

    /// <summary>
    /// The operator whose algorithms <typeparamref name="TAlgorithm"/> names, as words: <c>max pooling</c>.
    /// </summary>
    public static string WordsFor<TAlgorithm>()
        where TAlgorithm : struct, Enum =>
        string.Concat(
            OperatorOf(typeof(TAlgorithm)).Select(
                (letter, i) => i > 0 && char.IsUpper(letter) ? $" {letter}" : $"{letter}")).ToLowerInvariant();

    private static string OperatorOf(Type algorithms) => algorithms.Name[..^Suffix.Length];

    private static string Existing(string operatorName, string algorithm, IEnumerable<string> names) =>
        names.Contains(algorithm, StringComparer.OrdinalIgnoreCase)
            ? algorithm
            : throw Wrong($"There is no {operatorName}algorithm '{algorithm}'; choose one of {List(names)}.");

    private static DeviceException Wrong(string message) => new(message) { IsWrongUsage = true };

    private static string List(IEnumerable<string> names) => string.Join(", ", names).ToLowerInvariant();
}
