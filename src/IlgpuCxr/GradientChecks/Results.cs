namespace IlgpuCxr.GradientChecks;

/// <summary>What an operator computes, by name: <c>output</c>, <c>grad_input</c>, and so on.</summary>
public sealed class Results : Dictionary<string, double[]>
{
    /// <summary>Nothing at first.</summary>
    public Results() : base(StringComparer.Ordinal) { }
}
