namespace IlgpuCxr.Kernels.Device;

/// <summary>The algorithms that a user forces, parsed from <see cref="DeviceOptions.Algorithms"/>.</summary>
internal sealed class AlgorithmChoice
{
    private readonly string? everywhere;
    private readonly Dictionary<string, string> byOperator = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="DeviceException">The text is not of the form that <see cref="DeviceOptions.Algorithms"/> describes.</exception>
    public AlgorithmChoice(string text)
    {
        foreach (string entry in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = entry.Split('=', StringSplitOptions.TrimEntries);
            if (parts.Length == 1)
                everywhere = parts[0];
            else if (parts.Length == 2)
                byOperator[parts[0]] = parts[1];
            else
                throw new DeviceException($"The algorithm choice '{entry}' is not understood; write for example convolution=naive.");
        }
    }

    /// <summary>The algorithm forced for the operator whose algorithms <typeparamref name="TAlgorithm"/> names, or none.</summary>
    /// <typeparam name="TAlgorithm">An enum named after its operator: <c>ConvolutionAlgorithm</c> is for <c>convolution</c>.</typeparam>
    /// <exception cref="DeviceException">The operator has no algorithm of that name.</exception>
    public TAlgorithm? For<TAlgorithm>()
        where TAlgorithm : struct, Enum
    {
        string operatorName = typeof(TAlgorithm).Name.Replace("Algorithm", "", StringComparison.Ordinal);
        bool named = byOperator.TryGetValue(operatorName, out string? algorithm);
        algorithm ??= everywhere;
        if (algorithm is null)
            return null;
        if (Enum.TryParse(algorithm, ignoreCase: true, out TAlgorithm parsed))
            return parsed;
        if (!named)
            return null;
        throw new DeviceException(
            $"There is no {operatorName} algorithm '{algorithm}'; choose one of {string.Join(", ", Enum.GetNames<TAlgorithm>()).ToLowerInvariant()}.");
    }
}
