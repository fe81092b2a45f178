namespace IlgpuCxr.GradientChecks;

/// <summary>What an operator takes and has a gradient for.</summary>
/// <param name="Name">For example <c>weight</c>.</param>
/// <param name="Values">Its elements. A check moves them one by one and puts them back.</param>
public sealed record Operand(string Name, double[] Values)
{
    /// <summary>The name of the gradient among an operator's results.</summary>
    public string Gradient => $"grad_{Name}";
}
