using IlgpuCxr.GradientChecks;
using IlgpuCxr.Kernels.Device;

namespace IlgpuCxr.SelfTest;

/// <summary>An operator on one shape, what should come of it, and how much an error of an element counts.</summary>
internal sealed record Expectation(OperatorCase Definition, Results Expected, Func<string, int, double> Scale)
{
    /// <summary>
    /// The largest difference of what the kernels compute from the definition, each relative to its scale, and in which
    /// result.
    /// </summary>
    public Deviation Compare(ComputeDevice device) => Definition.Compute(device)
        .Select(result => new Deviation(
            Deviation.Error(result.Value, Expected[result.Key], i => Scale(result.Key, i)),
            result.Key)).Aggregate(Deviation.Larger);
}
