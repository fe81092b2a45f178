using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.GradientChecks;

/// <summary>
/// Checks operators: the reference's gradients numerically, then every kernel that a device can run against the
/// reference.
/// </summary>
/// <param name="selector">The device, as <see cref="DeviceCatalog.Open"/> takes it.</param>
/// <param name="threads">Threads of the CPU device.</param>
public sealed class GradientChecker(string selector, int threads) : IDisposable
{
    // Opening a device takes longer than most checks: one for each algorithm, kept.
    private readonly Dictionary<string, ComputeDevice> devices = [];

    /// <summary>The device's name.</summary>
    public string DeviceName => Open("").Name;

    /// <summary>Checks an operator on a shape.</summary>
    /// <param name="check">What to check.</param>
    /// <param name="mostElements">
    /// Elements of each operand that are moved for a central difference; of more, so many drawn at random.
    /// </param>
    public CaseReport Check(OperatorCase check, int mostElements = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(check);
        return new CaseReport(check.Name, check.Shape, CheckGradients(check, mostElements), CheckKernels(check));
    }

    /// <summary>The reference's gradients against central differences.</summary>
    /// <param name="check">What to check.</param>
    /// <param name="mostElements">Elements of each operand to look at.</param>
    public static NumericReport CheckGradients(OperatorCase check, int mostElements = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(check);
        Results reference = check.Reference();
        var worst = new NumericReport(0, "");
        foreach (Operand operand in check.Operands)
        {
            double error = CentralDifference.RelativeError(check, operand, reference[operand.Gradient], mostElements);
            if (!(error <= worst.Error))
                worst = new NumericReport(error, operand.Gradient);
        }
        return worst;
    }

    /// <summary>The results of one algorithm's kernels against the reference.</summary>
    /// <param name="check">What to check.</param>
    /// <param name="device">A device that computes by the algorithm.</param>
    /// <param name="algorithm">The algorithm's name.</param>
    /// <exception cref="DeviceException">The device cannot run the algorithm.</exception>
    /// <exception cref="ArgumentException">The case computes other results than its reference.</exception>
    public static KernelReport CheckKernels(OperatorCase check, ComputeDevice device, string algorithm)
    {
        ArgumentNullException.ThrowIfNull(check);
        Results reference = check.Reference(), bounds = check.Bounds(algorithm);
        var worst = new KernelReport(algorithm, 0, "");
        Results results = check.Compute(device);
        if (!reference.Keys.Order().SequenceEqual(results.Keys.Order()))
            throw new ArgumentException(
                $"The case {check.Name} computes {string.Join(", ", results.Keys)} instead of {string.Join(", ", reference.Keys)}.",
                nameof(check));
        foreach ((string name, double[] actual) in results)
        {
            double error = Enumerable.Range(0, actual.Length).Max(
                i => Ratio(actual[i] - reference[name][i], bounds[name][i]));
            if (!(error <= worst.Error))
                worst = new KernelReport(algorithm, error, name);
        }
        return worst;
    }

    /// <summary>The kernels of every algorithm that the device can run against the reference.</summary>
    /// <param name="check">What to check.</param>
    public IReadOnlyList<KernelReport> CheckKernels(OperatorCase check)
    {
        ArgumentNullException.ThrowIfNull(check);
        var reports = new List<KernelReport>();
        foreach (string algorithm in check.Algorithms)
        {
            ComputeDevice device = Open(algorithm);
            try
            {
                if (check.Runs(device, algorithm))
                    reports.Add(CheckKernels(check, device, algorithm.Length == 0 ? "chosen" : algorithm));
            }
            catch (DeviceException exception) when (exception.InnerException is null)
            {
                // The operator says that this device cannot run the algorithm; a driver's refusal has one within.
            }
        }
        return reports;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ComputeDevice device in devices.Values)
            device.Dispose();
    }

    private ComputeDevice Open(string algorithm)
    {
        // Single precision, for what is chosen on tensor cores would have other bounds; the algorithms that round
        // factors are among the forced ones.
        if (!devices.TryGetValue(algorithm, out ComputeDevice? device))
            devices[algorithm] = device = DeviceCatalog.Open(
                selector,
                new DeviceOptions { Threads = threads, Algorithms = algorithm, Precision = Precision.Fp32 });
        return device;
    }

    // No error is right whatever the bound; an error where none may be is infinitely many bounds, and a NaN is never
    // right. A bound that is no number bounds nothing, and a maximum over the elements would pass a NaN by.
    private static double Ratio(double error, double bound) =>
        error == 0 ? 0 : double.IsNaN(error) || double.IsNaN(bound) ? double.PositiveInfinity : Math.Abs(error) / bound;
}
